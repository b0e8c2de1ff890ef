// Buttons that put a key into a text where the cursor is: data-insert="[[%氏名%]]" data-insert-into="#body".
// One listener on the document, so that fragments htmx brings in need no set-up.
(() => {
  "use strict";

  // A text nobody has been in yet has its cursor at the beginning: there the key goes to the end.
  const visited = new WeakSet();
  let composingIn = null;

  function insert(target, text) {
    const end = target.value.length;
    if (!visited.has(target)) target.setSelectionRange(end, end);
    target.focus();
    // The one way in that leaves Ctrl+Z working; it fires `input` itself.
    if (document.execCommand("insertText", false, text)) return;
    target.setRangeText(text, target.selectionStart, target.selectionEnd, "end");
    target.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
  }

  document.addEventListener("focusin", (event) => {
    if (event.target.matches("textarea, input")) visited.add(event.target);
  });
  document.addEventListener("compositionstart", (event) => { composingIn = event.target; });
  document.addEventListener("compositionend", () => { composingIn = null; });
  // data-replace="…" data-by="…" data-replace-in="#body": every occurrence, in one step that can be undone.
  function replaceAll(target, text, by) {
    const mended = target.value.split(text).join(by);
    target.focus();
    target.select();
    if (document.execCommand("insertText", false, mended)) return;
    target.value = mended;
    target.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText" }));
  }

  document.addEventListener("click", (event) => {
    const { replace, by, replaceIn, insert: mark, insertInto } = event.target.closest("[data-replace], [data-insert]")?.dataset ?? {};
    const target = (replaceIn || insertInto) && document.querySelector(replaceIn || insertInto);
    if (!target) return;
    const act = () => (replaceIn ? replaceAll(target, replace, by) : insert(target, mark));
    if (composingIn === target) {
      // What is being converted is written first.
      target.addEventListener("compositionend", () => setTimeout(act), { once: true });
      target.blur();
    } else {
      act();
    }
  });
})();
