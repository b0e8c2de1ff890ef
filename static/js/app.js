// Everything here is a convenience: every page works without it. One listener an event on the document, so
// that fragments htmx brings in need no set-up. Nothing acts while an IME is composing.
(() => {
  "use strict";

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  // keyCode 229: Safari ends the composition before it sends the Enter that confirmed it.
  const isComposing = (event) => event.isComposing || event.keyCode === 229;

  // Live input: [data-live] fires `live` on itself once typing rests; htmx listens with hx-trigger="live".

  const LIVE_DELAY_MS = 150;
  const liveTimers = new WeakMap();
  const liveValues = new WeakMap();
  let composingIn = null;

  function fireLive(control) {
    clearTimeout(liveTimers.get(control));
    if (control.type !== "checkbox" && control.type !== "radio") {
      if (liveValues.get(control) === control.value) return;
      liveValues.set(control, control.value);
    }
    control.dispatchEvent(new CustomEvent("live", { bubbles: true }));
  }

  function awaitRest(control) {
    clearTimeout(liveTimers.get(control));
    const delay = Number(control.dataset.liveDelay ?? LIVE_DELAY_MS);
    liveTimers.set(control, setTimeout(() => fireLive(control), delay));
  }

  document.addEventListener("compositionstart", (event) => {
    composingIn = event.target;
    clearTimeout(liveTimers.get(event.target));
  });
  document.addEventListener("compositionend", (event) => {
    composingIn = null;
    if (event.target.matches("[data-live]")) awaitRest(event.target);
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-live]") && !liveValues.has(event.target)) {
      liveValues.set(event.target, event.target.value);
    }
  });
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-live]") || event.isComposing || composingIn === event.target) return;
    awaitRest(event.target);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-live]") && composingIn !== event.target) fireLive(event.target);
  });

  // Asking before a form goes out. data-confirm: the question; data-confirm-body: a <template> shown with it,
  // in which [data-copy="#id"] takes the text or value of that element; data-confirm-if: a check box that
  // must be ticked for the question to be asked.

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  function fillCopies(root) {
    for (const place of all("[data-copy]", root)) {
      const source = document.querySelector(place.dataset.copy);
      if (!source) continue;
      if (source.value !== undefined) place.textContent = source.value;
      else place.replaceChildren(...source.cloneNode(true).childNodes);
    }
  }

  // What was asked for last, by control: the estimate on the page belongs to it.
  const askedValues = new WeakMap();
  const sentValues = new WeakMap();
  const remember = (control) => askedValues.set(control, control.value);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.matches("textarea[data-live]")) sentValues.set(event.detail.xhr, { control: event.detail.elt, value: event.detail.elt.value });
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const sent = sentValues.get(event.detail.xhr);
    if (sent && event.detail.shouldSwap) askedValues.set(sent.control, sent.value);
  });
  document.addEventListener("htmx:load", (event) => all("textarea[data-live][hx-post]", event.detail.elt).forEach(remember));

  function ask(form, onYes) {
    const stale = () => all("textarea[data-live][hx-post]", form).filter((control) => askedValues.get(control) !== control.value);
    stale().forEach((control) => { liveValues.set(control, undefined); fireLive(control); });
    const yes = element("button", { class: "button", "data-kind": "primary", type: "button" }, form.dataset.confirmYes || "はい");
    const no = element("button", { class: "button", "data-kind": "secondary", type: "button" }, form.dataset.confirmNo || "いいえ");
    const body = element("div", { class: "dialog__body" },
      element("h2", { class: "dialog__text", id: "dialog-question" }, form.dataset.confirm));
    const template = document.getElementById(form.dataset.confirmBody || "");
    if (template) {
      body.append(template.content.cloneNode(true));
      fillCopies(body);
    }
    const dialog = element("dialog", { class: "dialog", tabindex: "-1", "aria-labelledby": "dialog-question" },
      body, element("div", { class: "dialog__actions" }, no, yes));
    let agreed = false;
    yes.addEventListener("click", () => { agreed = true; dialog.close(); });
    no.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => { dialog.remove(); if (agreed) onYes(); });
    // A key held down is one press: it must not answer the question that it opened.
    dialog.addEventListener("keydown", (event) => { if (event.repeat && event.key === "Enter") event.preventDefault(); });
    // The text shown is the text that goes out: はい waits for the answer about what was typed last.
    const label = yes.textContent;
    // What cannot be sent as it stands is not asked about as if it could: いいえ leads back to the text.
    const settle = () => {
      const waits = stale().length > 0 && !dialog.dataset.gaveUp;
      const verdict = form.querySelector("[data-ok]:not([data-ok='true'])");
      const refused = !waits && !dialog.dataset.gaveUp && verdict !== null;
      yes.disabled = waits || refused;
      yes.textContent = waits ? "確認しています…" : refused ? "このままでは送信できません" : label;
      // A text longer than the question's window is scrolled by keyboard too.
      if (body.scrollHeight > body.clientHeight) body.tabIndex = 0;
      else body.removeAttribute("tabindex");
      if (refused) no.focus();
      else if (!waits && document.activeElement === dialog) yes.focus();
    };
    const onAnswer = () => { fillCopies(dialog); settle(); };
    const onTrouble = () => {
      // No answer: what was typed is shown as it is.
      dialog.dataset.gaveUp = "true";
      const typed = form.querySelector("textarea[data-live][hx-post]");
      if (typed) all("[data-copy-typed]", dialog).forEach((place) => { place.textContent = typed.value; });
      settle();
    };
    document.addEventListener("htmx:afterSettle", onAnswer);
    for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) document.addEventListener(name, onTrouble);
    dialog.addEventListener("close", () => {
      document.removeEventListener("htmx:afterSettle", onAnswer);
      for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) document.removeEventListener(name, onTrouble);
    });
    document.body.append(dialog);
    dialog.showModal();
    // Not on いいえ, where the browser puts it: Enter after Ctrl+Enter sends, and never cancels unseen.
    dialog.focus();
    settle();
  }

  // Of the buttons that lie within a form, some belong to others (form="…").
  const ownButton = (form) => [...form.elements].find((control) => control.matches('button[type="submit"]:not([formaction])')) ?? null;

  const asksFirst = (form) => {
    if (!form.dataset.confirm) return false;
    const box = form.dataset.confirmIf && document.querySelector(form.dataset.confirmIf);
    return !box || box.checked;
  };

  // A form goes out once. The button is free again after a return to the page, or when the answer stays away.

  const GIVE_UP_MS = 20000;
  const busyForms = new Map();
  const agreedForms = new WeakSet();

  function markBusy(form, button) {
    const label = button && button.cloneNode(true).childNodes;
    busyForms.set(form, { button, label: label ? [...label] : [], timer: setTimeout(() => release(form), GIVE_UP_MS) });
    if (!button) return;
    button.setAttribute("aria-busy", "true");
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.busy || "送信しています…";
  }

  function release(form) {
    const { button, label, timer } = busyForms.get(form);
    clearTimeout(timer);
    busyForms.delete(form);
    if (!button) return;
    button.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
    button.replaceChildren(...label);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter ?? ownButton(form);
    if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post], [data-resubmit]")) return;
    if (busyForms.has(form)) {
      event.preventDefault();
    } else if (!button?.hasAttribute("formaction") && asksFirst(form) && !agreedForms.has(form)) {
      event.preventDefault();
      ask(form, () => {
        agreedForms.add(form);
        form.requestSubmit(event.submitter);
      });
    } else {
      agreedForms.delete(form);
      markBusy(form, button);
    }
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) [...busyForms.keys()].forEach(release);
  });

  // A password that may be read while it is typed: data-reveal="#id". It goes out as a password, so that the
  // browser keeps it as one.

  function reveal(button, isShown) {
    document.querySelector(button.dataset.reveal).type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", isShown);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reveal]");
    if (button) reveal(button, button.getAttribute("aria-pressed") === "false");
  });
  document.addEventListener("submit", (event) => all("[data-reveal]", event.target).forEach((button) => reveal(button, false)));

  // Menus, row links, dialogs and keys. data-key="n" on a link or button: that key presses it.

  const openMenus = () => all("details.menu[open]");
  const isTyping = (target) => target.matches("input, select, textarea, [contenteditable]");

  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
    if (event.target.closest('[aria-disabled="true"]')) event.preventDefault();
    const closes = event.target.closest("[data-close]");
    if (closes) document.querySelector(closes.dataset.close).hidden = true;
    const opens = event.target.closest("[data-dialog]");
    if (opens) document.querySelector(opens.dataset.dialog).showModal();
    const row = event.target.closest("tr");
    const link = row?.querySelector(".row-link");
    if (link && !event.target.closest("a, button, input, label, summary") && !String(getSelection())) link.click();
  });

  function moveInList(event) {
    const links = all(".row-link");
    const { activeElement } = document;
    const index = links.indexOf(activeElement);
    // Where nothing has the focus, the first press goes to the first row.
    const step = index >= 0 ? (event.key === "ArrowDown" ? 1 : -1) : activeElement.matches("body, main") ? 1 : 0;
    if (!step || links.length === 0) return;
    event.preventDefault();
    links[index + step]?.focus();
  }

  const sendByKey = (form) => form.requestSubmit(ownButton(form));

  document.addEventListener("keydown", (event) => {
    if (isComposing(event)) {
      if (event.key === "Enter" && !event.isComposing) event.preventDefault();
      return;
    }
    if (event.key === "Escape") {
      for (const menu of openMenus()) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    } else if (event.key === "Enter" && event.target.closest("form[data-ctrl-enter]") && !event.target.matches("button, a, summary")) {
      // Enter alone writes a line or does nothing: a text is never sent by a slip in its subject.
      if (event.ctrlKey) sendByKey(event.target.form);
      if (event.ctrlKey || !event.target.matches("textarea")) event.preventDefault();
    } else if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) {
      return;
    } else if (event.key === "/") {
      const search = document.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      moveInList(event);
    } else {
      all("[data-key]").find((target) => target.dataset.key === event.key)?.click();
    }
  });

  // htmx: polling rests in hidden tabs and asks once when the tab is seen again.

  const resting = new Set();

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt } = event.detail;
    if (!document.hidden || !elt.getAttribute("hx-trigger")?.includes("every ")) return;
    event.preventDefault();
    resting.add(elt);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    for (const elt of resting) if (elt.isConnected) htmx.ajax("get", elt.getAttribute("hx-get"), { source: elt });
    resting.clear();
  });

  // htmx: a request replaced by a newer one (hx-sync) is no error, though htmx writes it to the console as two.
  // It aborts while it dispatches htmx:abort, and asks its logger before it writes.

  let isReplacing = false;

  document.addEventListener("htmx:abort", () => { isReplacing = true; }, true);
  document.addEventListener("htmx:abort", () => { isReplacing = false; });
  if (window.htmx) htmx.logger = (_elt, _name, detail) => { if (isReplacing) delete detail.error; };

  // htmx: a request that failed is said on the page; the next one that works takes the notice away.

  const TROUBLE = {
    network: "通信できませんでした。ネットワークを確かめてください。表示は最後に届いた内容のままです。",
    login: "ログインの有効期限が切れました。",
    400: "画面を開いた後にログインし直したため、表示を更新できません。入力した内容はそのまま送信や保存に進めます。",
    403: "この操作を行う権限がありません。管理者に依頼してください。",
    404: "対象が見つかりません。削除された可能性があります。ページを再読み込みしてください。",
    other: "サーバーで問題が起きました。少し待ってから、もう一度操作してください。",
  };

  function sayTrouble(kind) {
    const text = document.getElementById("trouble-text");
    if (!text) return;
    text.textContent = TROUBLE[kind] ?? TROUBLE.other;
    if (kind === "login") {
      text.append(element("a", { href: "/login", target: "_blank", rel: "noopener" }, "新しいタブでログインする"),
        "と、この画面をそのまま続けられます。");
    }
    document.getElementById("trouble").hidden = false;
  }

  const forgetLive = (control) => { if (control.matches("[data-live]")) liveValues.set(control, undefined); };
  const onFailure = (event, kind) => { forgetLive(event.detail.elt); sayTrouble(kind); };

  // After a new login the token of an older page is void; the answer that says so brings a fresh one.
  const retried = new WeakSet();

  function renewToken(token) {
    for (const input of all('input[name="csrf_token"]')) input.value = token;
    const headers = JSON.parse(document.body.getAttribute("hx-headers"));
    document.body.setAttribute("hx-headers", JSON.stringify({ ...headers, "X-CSRFToken": token }));
  }

  document.addEventListener("token", (event) => renewToken(event.detail));
  document.addEventListener("htmx:sendError", (event) => onFailure(event, "network"));
  document.addEventListener("htmx:timeout", (event) => onFailure(event, "network"));
  document.addEventListener("htmx:responseError", (event) => {
    const { elt, xhr, requestConfig } = event.detail;
    const token = xhr.status === 400 && xhr.getResponseHeader("X-CSRFToken");
    if (token && !retried.has(elt)) {
      retried.add(elt);
      renewToken(token);
      elt.dispatchEvent(new Event(requestConfig.triggeringEvent?.type ?? "change", { bubbles: true }));
    } else {
      onFailure(event, xhr.status === 401 ? "login" : xhr.status);
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) retried.delete(event.detail.elt); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // A redirect that ended on the login page is no fragment.
    if (new URL(event.detail.xhr.responseURL || location.href).pathname !== "/login") return;
    event.detail.shouldSwap = false;
    sayTrouble("login");
  });
  document.addEventListener("htmx:afterSwap", () => {
    const trouble = document.getElementById("trouble");
    if (trouble) trouble.hidden = true;
  });

  // htmx: what changed in [data-announce] is read out, and what only came again is not.

  const readAnnounced = () => all("[data-announce]").map(({ textContent }) => textContent.replace(/\s+/g, " ").trim()).join(" ");
  let announced = readAnnounced();

  document.addEventListener("htmx:afterSettle", () => {
    const text = readAnnounced();
    if (text === announced) return;
    announced = text;
    document.getElementById("announcer").textContent = text;
  });

  // htmx: what a person had opened inside a fragment stays open when the fragment is replaced.

  let openBefore = [];

  document.addEventListener("htmx:beforeSwap", (event) => {
    openBefore = all("details[id]", event.detail.target).map(({ id, open }) => ({ id, open }));
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const { id, open } of openBefore) {
      const details = document.getElementById(id);
      if (details) details.open = open;
    }
  });

  // A refused form: the focus goes to the summary of its errors. Long asides fold on narrow screens.

  const focusErrors = (root) => root.querySelector("#error-summary")?.focus();

  document.addEventListener("htmx:load", (event) => focusErrors(event.detail.elt));
  focusErrors(document);
  if (!matchMedia("(min-width: 64rem)").matches) for (const fold of all("details[data-fold]")) fold.open = false;
})();
