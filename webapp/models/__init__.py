"""The tables. Import the models from here, so that every one of them is known to the migrations."""

from webapp.models.customer import Customer
from webapp.models.delivery import Attempt, Delivery
from webapp.models.draft import StoredDraft
from webapp.models.interaction import Interaction
from webapp.models.message import Message
from webapp.models.office import Office
from webapp.models.reception import Reception
from webapp.models.sms_template import SmsTemplate, SmsTemplateVersion
from webapp.models.staff import Staff, StaffSession

__all__ = [
    "Attempt",
    "Customer",
    "Delivery",
    "Interaction",
    "Message",
    "Office",
    "Reception",
    "SmsTemplate",
    "SmsTemplateVersion",
    "Staff",
    "StaffSession",
    "StoredDraft",
]
