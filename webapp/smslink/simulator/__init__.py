"""A simulator of SMSLINK: a program of its own that speaks the provider's HTTP API and sends nothing.

    gunicorn -w 1 --threads 8 'webapp.smslink.simulator:create_app()'

One process only: the request limit is counted in it. Everything else is in one SQLite file and survives
a kill. `/` shows the customers' phones. Environment:

SIMULATOR_DATA        the SQLite file (default: a temporary one, gone at exit)
SIMULATOR_TOKEN       the token accepted (default: app.DEFAULT_TOKEN)
SIMULATOR_PUBLIC_URL  how a browser reaches it, for the short links (default: from the request)
SIMULATOR_OPTIONS     JSON object of options (contract.Options), e.g. {"two_way": true, "delay_s": 0.2}
SIMULATOR_TROUBLES    JSON array of troubles; both are applied to a new file, when changed, and on reset

The control API takes and gives JSON; a fault is 400 {"error": …}:

GET    /simulator/state       now, offset_s, options, troubles
GET    /simulator/ledger      total, deliveries[]: every registration accepted, oldest first, with contacts[]
                              (the fields of delivery_results, result_code, text as it arrives, links by kind)
GET    /simulator/requests    requests[]: at, method, path, status of each API request since the start
GET    /simulator/mails       mails[]: at, to, subject, body, delivery_id; newest first
POST   /simulator/reset       {}                              → state
POST   /simulator/clock       {"advance_s": 600} or {"offset_s": 0}   → state
POST   /simulator/options     any of contract.Options by name → state
POST   /simulator/troubles    {"kind", "count", "paths", "seconds", "code"}; all but kind optional → with id.
                              kinds: see the trouble module. count: the next N requests, null: until cleared
DELETE /simulator/troubles    disarms all                     → state
POST   /simulator/receptions  {"phone_number", "message"}     → reception_id (two-way contracts list it)
POST   /simulator/opt_outs    {"phone_number"}                → as if the number had used its link

Where the reference is silent the simulator chooses, and a client must not rely on it: a value of the wrong
type is ERR400001 with a detail code of no suffix, a body that is no JSON object ERR400001 without details;
a second cancel is ERR406003; the carrier is 40 until the outcome is known; transmission_count and
delivered_at are null unless delivered; results come by contact_id; `noticed` is false for every reception.
Numbers that changed hands or cannot be judged (safe delivery) are in the phone module.
"""

from .app import DEFAULT_TOKEN, create_app

__all__ = ["DEFAULT_TOKEN", "create_app"]
