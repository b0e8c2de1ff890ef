"""Writing and sending an SMS.

views.py has the page, its fragments and sending; drafts.py what is unsent; test_sends.py the test send.
"""

from flask import Blueprint

blueprint = Blueprint("compose", __name__)
