// The question before a form goes out, and that it goes out once.
//
// data-confirm: the question, for which a [data-question] in the form may have another; data-confirm-yes, -no: the
// answers; data-confirm-if: a check box that must be ticked for it to be asked. A [data-asks] in the form is asked
// about in any case, and the focus is on いいえ then. data-confirm-body: a <template> shown with it, in which
// [data-copy="#id"] takes the text or value of that element: data-else where it is empty, data-on and data-off for a
// check box, data-failed where the answer of the element data-from stayed away (data-typed: what is typed there).
// [data-ok="false"] in the form: it cannot go out; data-reason says why, and data-mend names the field to go to.
(() => {
  "use strict";

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const button = (kind, label) => element("button", { class: "button", "data-kind": kind, type: "button" }, label);
  const firstButton = (form) => [...form.elements].find((control) => control.type === "submit" && !control.hasAttribute("formaction"));

  function copy(place) {
    const { failed, else: otherwise = "", on, off } = place.dataset;
    const source = document.querySelector(place.dataset.copy);
    const asker = place.dataset.from && document.querySelector(place.dataset.from);
    if (asker?.dataset.figures === "failed") place.textContent = "typed" in place.dataset ? asker.value : failed;
    else if (!source) place.textContent = otherwise;
    else if (source.type === "checkbox") place.textContent = source.checked ? on : off;
    else if (source.value !== undefined) place.textContent = source.value.trim() || otherwise;
    else place.replaceChildren(...source.cloneNode(true).childNodes);
    for (const details of all("details", place)) details.open = true;
    for (const copied of all("[id]", place)) copied.removeAttribute("id");
  }

  function ask(form, onYes) {
    const title = element("h2", { class: "dialog__text", id: "dialog-question" });
    const body = element("div", { class: "dialog__body" }, title);
    const template = document.getElementById(form.dataset.confirmBody || "");
    const reasons = element("ul", { class: "error-list" });
    const trouble = element("p", { role: "alert" });
    if (template) body.append(template.content.cloneNode(true));
    body.querySelector("[data-reasons]")?.append(reasons);
    body.append(trouble);
    const yes = button("primary", "");
    const no = button("secondary", form.dataset.confirmNo || "いいえ");
    const mend = button("primary", "直す");
    const dialog = element("dialog", { class: "dialog", tabindex: "-1", "aria-labelledby": "dialog-question" },
      body, element("div", { class: "dialog__actions" }, no, yes, mend));
    const refusals = () => all("[data-ok='false']", form);
    let then = null;

    function settle() {
      const state = form.dataset.figures ?? "fresh";
      const isRefused = state !== "waiting" && refusals().some((region) => !isUnknown(region));
      const label = form.dataset.confirmYes || "はい";
      all("[data-copy]", body).forEach(copy);
      reasons.replaceChildren(...refusals().filter(({ dataset }) => dataset.reason).map(({ dataset }) => element("li", {}, dataset.reason)));
      title.textContent = isRefused
        ? "このままでは送信できません"
        : form.querySelector("[data-question]")?.dataset.question ?? form.dataset.confirm;
      dialog.dataset.state = isRefused ? "refused" : state;
      yes.disabled = state === "waiting";
      yes.textContent = state === "waiting" ? "確認しています…" : label;
      yes.hidden = no.hidden = isRefused;
      mend.hidden = !isRefused;
      sayLogin();
      // A text longer than the question's window is scrolled by keyboard too.
      if (body.scrollHeight > body.clientHeight) body.tabIndex = 0;
      else body.removeAttribute("tabindex");
      if (isRefused) mend.focus();
      else if (isLoggedOut()) dialog.focus();
      else if (state !== "waiting" && [dialog, document.body, mend].includes(document.activeElement)) (needsThought(form) ? no : yes).focus();
    }

    // An old verdict says nothing about a text that could not be checked: the server decides.
    const isUnknown = (region) => form.querySelector(`[data-figures='failed'][hx-target='#${region.id}']`) !== null;

    const isLoggedOut = () => form.querySelector("[data-why='login']") !== null;

    function sayLogin() {
      trouble.replaceChildren();
      if (isLoggedOut()) {
        trouble.append("ログインの有効期限が切れました。", document.getElementById("login-again").content.cloneNode(true));
      }
    }

    // Back from the tab with the new login: asked again for what was refused.
    function askAgain() {
      if (!document.hidden && isLoggedOut()) form.dispatchEvent(new CustomEvent("hurry", { bubbles: true }));
    }

    yes.addEventListener("click", () => { then = onYes; dialog.close(); });
    no.addEventListener("click", () => dialog.close());
    mend.addEventListener("click", () => {
      const place = refusals()[0]?.dataset.mend;
      then = () => document.querySelector(place || "#main").focus();
      dialog.close();
    });
    // A click that mends the text leads back to it.
    dialog.addEventListener("click", (event) => { if (event.target.closest("[data-replacements]")) dialog.close(); });
    // A key held down is one press: it must not answer the question that it opened.
    dialog.addEventListener("keydown", (event) => { if (event.repeat && event.key === "Enter") event.preventDefault(); });
    form.addEventListener("figures", settle);
    document.addEventListener("visibilitychange", askAgain);
    window.addEventListener("focus", askAgain);
    dialog.addEventListener("close", () => {
      form.removeEventListener("figures", settle);
      document.removeEventListener("visibilitychange", askAgain);
      window.removeEventListener("focus", askAgain);
      dialog.remove();
      then?.();
    });
    document.body.append(dialog);
    dialog.showModal();
    // Not on いいえ, where the browser puts it: Enter after Ctrl+Enter sends, and never cancels unseen.
    dialog.focus();
    settle();
  }

  const needsThought = (form) => form.querySelector("[data-asks]") !== null;

  function asksFirst(form) {
    const box = form.dataset.confirmIf && document.querySelector(form.dataset.confirmIf);
    return !box || box.checked || needsThought(form) || form.dataset.figures === "failed";
  }

  // A form goes out once. The button is free again after a return to the page, or when the answer stays away.

  const GIVE_UP_MS = 20000;
  const busyForms = new Map();
  const agreedForms = new WeakSet();

  function markBusy(form, pressed) {
    const label = pressed && pressed.cloneNode(true).childNodes;
    busyForms.set(form, { pressed, label: label ? [...label] : [], timer: setTimeout(() => release(form), GIVE_UP_MS) });
    if (!pressed) return;
    pressed.setAttribute("aria-busy", "true");
    pressed.setAttribute("aria-disabled", "true");
    pressed.textContent = pressed.dataset.busy || "送信しています…";
  }

  function release(form) {
    const { pressed, label, timer } = busyForms.get(form);
    clearTimeout(timer);
    busyForms.delete(form);
    if (!pressed) return;
    pressed.removeAttribute("aria-busy");
    pressed.removeAttribute("aria-disabled");
    pressed.replaceChildren(...label);
  }

  function send(form, submitter) {
    agreedForms.add(form);
    form.requestSubmit(submitter);
  }

  // Asked about or not: that hangs on the answer about what was typed last.
  function awaitFigures(form, submitter) {
    markBusy(form, submitter ?? firstButton(form));
    const onFigures = () => {
      if (busyForms.has(form) && form.dataset.figures === "waiting") return;
      form.removeEventListener("figures", onFigures);
      if (!busyForms.has(form)) return;
      release(form);
      if (asksFirst(form)) ask(form, () => send(form, submitter));
      else send(form, submitter);
    };
    form.addEventListener("figures", onFigures);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const pressed = event.submitter ?? firstButton(form);
    if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [data-resubmit]")) return;
    if (busyForms.has(form)) {
      event.preventDefault();
      return;
    }
    if (form.dataset.confirm && !pressed?.hasAttribute("formaction") && !agreedForms.has(form)) {
      form.dispatchEvent(new CustomEvent("hurry", { bubbles: true }));
      if (asksFirst(form)) {
        event.preventDefault();
        ask(form, () => send(form, event.submitter));
        return;
      }
      if (form.dataset.figures === "waiting") {
        event.preventDefault();
        awaitFigures(form, event.submitter);
        return;
      }
    }
    agreedForms.delete(form);
    markBusy(form, pressed);
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) [...busyForms.keys()].forEach(release);
  });

  // Ctrl+Enter in form[data-ctrl-enter] presses its button. Enter alone writes a line or does nothing: a text is
  // never sent by a slip in its subject. data-enter="#id" on an input: there Enter presses that button.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    const form = event.target.closest("form[data-ctrl-enter]");
    if (!form || event.target.matches("button, a, summary")) return;
    const { enter } = event.target.dataset;
    if (event.ctrlKey && !event.repeat) form.requestSubmit(firstButton(form));
    else if (enter && !event.repeat) document.querySelector(enter).click();
    if (event.ctrlKey || !event.target.matches("textarea")) event.preventDefault();
  });
})();
