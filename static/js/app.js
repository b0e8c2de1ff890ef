// What every page has: passwords that can be read, menus, keys, lists, errors. Everything in static/js is a
// convenience: every page works without it. The scripts know each other by events alone (docs/architecture.md), and
// listen on the document, so that fragments htmx brings in need no set-up.
(() => {
  "use strict";

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  // keyCode 229: Safari ends the composition before it sends the Enter that confirmed it.
  const isComposing = (event) => event.isComposing || event.keyCode === 229;

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

  // A refused form: the focus goes to the summary of its errors. Long asides fold on narrow screens.

  const focusErrors = (root) => root.querySelector("#error-summary")?.focus();

  document.addEventListener("htmx:load", (event) => focusErrors(event.detail.elt));
  focusErrors(document);
  if (!matchMedia("(min-width: 64rem)").matches) for (const fold of all("details[data-fold]")) fold.open = false;
})();
