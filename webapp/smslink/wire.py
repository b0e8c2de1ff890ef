"""The names of the SMSLINK API v1 in one place (the provider's reference, revision of July 2025).

`calls` holds what we ask, `answers` what comes back; both are pure.
"""

from webapp.smslink.answer_fields import JST, UnreadableAnswer
from webapp.smslink.answers import (
    Accepted,
    Canceled,
    ContactAnswer,
    DeliveryResult,
    ErrorAnswer,
    ErrorDetail,
    Reception,
    ReceptionsPage,
    ResultsPage,
    read_accepted,
    read_canceled,
    read_error,
    read_receptions,
    read_results,
)
from webapp.smslink.calls import (
    MAX_RECEPTIONS_PER_PAGE,
    MAX_RESULTS_PER_PAGE,
    MAX_VALUES_PER_QUERY,
    Contact,
    ReceptionsQuery,
    Registration,
    ResultsQuery,
)

PRODUCTION_DOMAIN = "https://api.smslink.jp/"
SANDBOX_DOMAIN = "https://sand-api-smslink.nexlink2.jp/"
PROVIDER_DOMAINS = (PRODUCTION_DOMAIN, SANDBOX_DOMAIN)

__all__ = [
    "JST",
    "MAX_RECEPTIONS_PER_PAGE",
    "MAX_RESULTS_PER_PAGE",
    "MAX_VALUES_PER_QUERY",
    "PRODUCTION_DOMAIN",
    "PROVIDER_DOMAINS",
    "SANDBOX_DOMAIN",
    "Accepted",
    "Canceled",
    "Contact",
    "ContactAnswer",
    "DeliveryResult",
    "ErrorAnswer",
    "ErrorDetail",
    "Reception",
    "ReceptionsPage",
    "ReceptionsQuery",
    "Registration",
    "ResultsPage",
    "ResultsQuery",
    "UnreadableAnswer",
    "read_accepted",
    "read_canceled",
    "read_error",
    "read_receptions",
    "read_results",
]
