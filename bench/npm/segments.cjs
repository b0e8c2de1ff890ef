// One line in, {"text", "calls"}; one line out, {"microseconds", "segments"} of a call.
const readline = require("node:readline");
const { SegmentedMessage } = require("sms-segments-calculator");

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { text, calls } = JSON.parse(line);
  let segments = 0;
  const begun = process.hrtime.bigint();
  for (let call = 0; call < calls; call += 1) segments = new SegmentedMessage(text).segmentsCount;
  const nanoseconds = Number(process.hrtime.bigint() - begun);
  process.stdout.write(`${JSON.stringify({ microseconds: nanoseconds / calls / 1000, segments })}\n`);
});
