// Whether the figures on a form belong to what stands in it. An element with data-watches="body count_clicks" asks
// the server with hx-post when one of these fields changes; a form with such elements says in data-figures how
// it stands: fresh, waiting or failed (as each of them does; data-why: login), and fires `figures` when an answer
// came or stayed away. `hurry` on the form asks at once for what is not under way.
(() => {
  "use strict";

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const answered = new WeakMap(); // element → the values its last answer was about
  const failed = new WeakMap(); // element → { values, kind }
  const asked = new WeakMap(); // request → { elt, values }
  const underWay = new Map(); // element → request
  const fills = new Map(); // request that will replace the text → what asked for it

  const pick = (elt, data) => JSON.stringify(elt.dataset.watches.split(" ").map((name) => data.getAll(name)));
  const valuesOf = (elt) => pick(elt, new FormData(elt.closest("form")));

  function stateOf(elt) {
    const values = valuesOf(elt);
    if (answered.get(elt) === values) return "fresh";
    return failed.get(elt)?.values === values ? "failed" : "waiting";
  }

  const isFilling = (form) => [...fills.values()].some((elt) => elt.isConnected && elt.form === form);

  function assess(form) {
    const watching = all("[data-watches]", form);
    if (watching.length === 0) return;
    for (const elt of watching) {
      elt.dataset.figures = stateOf(elt);
      elt.dataset.why = elt.dataset.figures === "failed" ? failed.get(elt).kind : "";
    }
    const states = watching.map((elt) => elt.dataset.figures);
    form.dataset.figures = isFilling(form) ? "waiting" : ["waiting", "failed"].find((state) => states.includes(state)) ?? "fresh";
  }

  function report(form) {
    if (!form) return;
    assess(form);
    form.dispatchEvent(new CustomEvent("figures", { bubbles: true }));
  }

  function hurry(form, mayRepeat) {
    assess(form);
    if (isFilling(form)) return; // what it brings has its figures with it
    for (const elt of all("[data-watches]", form)) {
      const request = underWay.get(elt);
      const isAsked = request && asked.get(request).values === valuesOf(elt);
      if (elt.dataset.figures === "waiting" && !isAsked || elt.dataset.figures === "failed" && mayRepeat) {
        failed.delete(elt);
        elt.dispatchEvent(new CustomEvent("live", { bubbles: elt.matches("[data-live]") }));
      }
    }
    assess(form);
  }

  document.addEventListener("hurry", ({ target }) => hurry(target, true));

  const replacesText = ({ elt, target }) => !elt.matches("[data-watches]") && target?.querySelector("[data-watches]");

  document.addEventListener("htmx:beforeRequest", ({ detail }) => {
    const { elt, xhr, requestConfig } = detail;
    if (elt.matches("[data-watches]")) {
      asked.set(xhr, { elt, values: pick(elt, requestConfig.formData) });
      underWay.set(elt, xhr);
    } else if (replacesText(detail)) {
      fills.set(xhr, elt);
    }
  });

  // A text typed while a template was on its way is not lost: the template is.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const { xhr, target, requestConfig } = detail;
    if (!detail.shouldSwap || !fills.has(xhr)) return;
    const sent = (control) => requestConfig.formData.get(control.name) ?? "";
    const texts = all("textarea[name], input[type=text][name]", target);
    if (texts.every((control) => control.value === sent(control))) return;
    detail.shouldSwap = false;
    requestConfig.elt.dispatchEvent(new CustomEvent("trouble", { bubbles: true, detail: { kind: "typed", xhr } }));
  });

  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    const { elt } = detail.requestConfig;
    if (elt.matches("[data-watches]")) {
      answered.set(elt, asked.get(detail.xhr).values);
      return;
    }
    for (const arrived of all("[data-watches]").filter((watching) => !answered.has(watching))) {
      // Its figures came with it: they are about its own text, and about the rest as it was sent.
      const now = new FormData(arrived.closest("form"));
      const about = new FormData();
      for (const name of arrived.dataset.watches.split(" ")) {
        const source = name === arrived.name ? now : detail.requestConfig.formData;
        for (const value of source.getAll(name)) about.append(name, value);
      }
      answered.set(arrived, pick(arrived, about));
    }
  });

  document.addEventListener("failed", ({ target, detail }) => {
    const request = asked.get(detail.xhr);
    if (!request) return;
    failed.set(request.elt, { values: request.values, kind: detail.kind });
    report(target.closest("form"));
  });

  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    const { elt } = detail.requestConfig;
    if (underWay.get(elt) === detail.xhr) underWay.delete(elt);
    const isFill = fills.delete(detail.xhr);
    const form = document.querySelector("form:has([data-watches])");
    if (!form || !(isFill || elt.matches("[data-watches]"))) return;
    if (isFill && elt.isConnected) hurry(form, false);
    report(form);
  });
  // Not sooner: htmx gives a text that arrived its triggers once it has settled.
  document.addEventListener("htmx:load", ({ detail }) => {
    const form = detail.elt.querySelector("[data-watches]")?.closest("form");
    if (!form) return;
    hurry(form, false);
    report(form);
  });

  for (const elt of all("[data-watches]")) answered.set(elt, valuesOf(elt));
  for (const form of all("form")) assess(form);
})();
