// The result of a test send belongs to the text that was tried: it goes when the next try begins, and says so
// while another text stands in the form. A refusal comes into view.
(() => {
  "use strict";

  const form = document.getElementById("compose");
  const what = () => JSON.stringify([form.elements.body.value, form.elements.count_clicks.checked]);
  const isRegion = (element) => element.id === "test-send";
  const answers = () => document.querySelectorAll("#test-send-result, #test-send-refused");
  let asked = "";
  let tried = null; // nothing has been, on this page

  function compare() {
    const note = document.getElementById("test-send-stale");
    if (note) note.hidden = tried === null || tried === what();
  }

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id !== "test-send-button") return;
    asked = what();
    // Its room stays, so that the button does not move under a double click.
    for (const said of answers()) said.dataset.over = "true";
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id === "test-send-button" && !event.detail.successful) answers().forEach((said) => said.dataset.over && said.remove());
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (isRegion(event.detail.target)) tried = asked;
    compare();
  });
  document.addEventListener("htmx:load", (event) => {
    if (isRegion(event.detail.elt)) document.getElementById("test-send-refused")?.focus();
  });
  form.addEventListener("input", compare);
  form.addEventListener("change", compare);
})();
