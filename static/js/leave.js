// A form that keeps no draft (data-guards) asks before its page is left with what was typed and not saved.
// data-guards="unsaved": what it shows is not saved as it stands, typed or not (a refused form, an older version).
(() => {
  "use strict";

  // Not the token: it is renewed after a new login.
  const read = (form) => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrf_token"));
  const guarded = [...document.querySelectorAll("form[data-guards]")].map((form) => ({ form, saved: read(form) }));
  if (guarded.length === 0) return;
  let leaving = null; // the form that is on its way

  const isUnsaved = ({ form, saved }) => form !== leaving && (form.dataset.guards === "unsaved" || read(form) !== saved);

  window.addEventListener("submit", (event) => { leaving = event.defaultPrevented ? null : event.target; });
  window.addEventListener("pageshow", () => { leaving = null; });
  window.addEventListener("beforeunload", (event) => {
    if (!guarded.some(isUnsaved)) return;
    event.preventDefault();
    event.returnValue = true; // older browsers ask only then
  });
})();
