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
  // data-replacements='[["…", "…"], …]' data-replace-in="#body": every occurrence of each first text becomes the
  // second, in one step that can be undone. A picture is not taken out of a longer one that begins with it.
  const GOES_ON = "(?![\\u200d\\u20e3\\ufe00-\\ufe0f\\u{1f3fb}-\\u{1f3ff}\\u{e0020}-\\u{e007f}\\u{e0100}-\\u{e01ef}])";
  const escape = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const asPattern = (text) => escape(text) + (/^\p{Default_Ignorable_Code_Point}/u.test(text) ? "" : GOES_ON);

  function replaceAll(target, replacements) {
    const by = new Map(JSON.parse(replacements));
    const pattern = [...by.keys()].sort((a, b) => b.length - a.length).map(asPattern).join("|");
    const mended = target.value.replace(new RegExp(pattern, "gu"), (text) => by.get(text));
    target.focus();
    target.select();
    if (document.execCommand("insertText", false, mended)) return;
    target.value = mended;
    target.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText" }));
  }

  // data-insert-apart: a link runs together with what touches it.
  function setApart(target, text) {
    const isFirst = !visited.has(target);
    const start = isFirst ? target.value.length : target.selectionStart;
    const end = isFirst ? start : target.selectionEnd;
    const touches = (neighbour) => neighbour !== "" && !/[ \n]/.test(neighbour);
    const before = target.value.slice(Math.max(0, start - 1), start);
    return (touches(before) ? "\n" : "") + text + (touches(target.value.slice(end, end + 1)) ? "\n" : "");
  }

  document.addEventListener("click", (event) => {
    const { replacements, replaceIn, insert: mark, insertInto, insertApart } = event.target.closest("[data-replacements], [data-insert]")?.dataset ?? {};
    const target = (replaceIn || insertInto) && document.querySelector(replaceIn || insertInto);
    if (!target) return;
    const act = () => {
      if (replaceIn) replaceAll(target, replacements);
      else insert(target, insertApart === undefined ? mark : setApart(target, mark));
    };
    if (composingIn === target) {
      // What is being converted is written first.
      target.addEventListener("compositionend", () => setTimeout(act), { once: true });
      target.blur();
    } else {
      act();
    }
  });
})();
