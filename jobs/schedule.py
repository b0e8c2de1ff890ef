"""What `rq cron jobs.schedule` enqueues, and when. Two such processes do no harm: jobs claim rows."""

from functools import partial

import rq.cron
from rq import Queue
from rq.serializers import JSONSerializer

from jobs.receive import fetch_receptions
from jobs.replay import sweep
from webapp.queue import JOB_TIMEOUT_S, SWEEP

SWEEP_EVERY_S = 15
RECEIVE_EVERY_S = 60
# After an hour without workers a few sweeps are left, not hundreds.
WAITS_AT_MOST_S = 120

# `rq cron` has no serializer of its own and would write pickles, which our workers refuse to read.
vars(rq.cron)["Queue"] = partial(Queue, serializer=JSONSerializer)

for job, every_s in ((sweep, SWEEP_EVERY_S), (fetch_receptions, RECEIVE_EVERY_S)):
    rq.cron.register(
        job,
        queue_name=SWEEP,
        interval=every_s,
        job_timeout=JOB_TIMEOUT_S,
        result_ttl=0,
        ttl=WAITS_AT_MOST_S,
        failure_ttl=3600,
    )
