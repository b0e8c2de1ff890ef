"""Writing and sending an SMS.

views.py has the page, its fragments and sending; drafts.py what is unsent; trial.py the test send.
"""

from flask import Blueprint

blueprint = Blueprint("compose", __name__)
