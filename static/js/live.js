// Live input: [data-live] fires `live` on itself once typing rests; htmx listens with hx-trigger="live". A text
// that is the same again fires nothing, unless its last request failed. Nothing fires while an IME is composing.
(() => {
  "use strict";

  const DELAY_MS = 150;
  const timers = new WeakMap();
  const values = new WeakMap();
  let composingIn = null;

  const isBox = (control) => control.type === "checkbox" || control.type === "radio";

  function fire(control) {
    if (isBox(control) || values.get(control) !== control.value) control.dispatchEvent(new CustomEvent("live", { bubbles: true }));
  }

  function awaitRest(control) {
    clearTimeout(timers.get(control));
    timers.set(control, setTimeout(() => fire(control), Number(control.dataset.liveDelay ?? DELAY_MS)));
  }

  // Whoever fires it: what is asked for now needs no asking when typing rests.
  document.addEventListener("live", ({ target }) => {
    clearTimeout(timers.get(target));
    values.set(target, target.value);
  });
  document.addEventListener("failed", ({ target }) => values.delete(target));

  document.addEventListener("compositionstart", ({ target }) => {
    composingIn = target;
    clearTimeout(timers.get(target));
  });
  document.addEventListener("compositionend", ({ target }) => {
    composingIn = null;
    if (target.matches("[data-live]")) awaitRest(target);
  });
  document.addEventListener("focusin", ({ target }) => {
    if (target.matches("[data-live]") && !values.has(target)) values.set(target, target.value);
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-live]") && !event.isComposing && composingIn !== event.target) awaitRest(event.target);
  });
  document.addEventListener("change", ({ target }) => {
    if (target.matches("[data-live]") && composingIn !== target) fire(target);
  });
})();
