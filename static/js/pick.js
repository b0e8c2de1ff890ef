// A select that is found by typing: select[data-pick] becomes a combobox, and stays the form's field, which htmx
// and the server know. Without JavaScript it is a select. The keys, the ARIA states and the click of an option are
// combobox-nav's; here are the list, what is found in it, and what an IME may not do.
import Combobox from "../vendor/combobox-nav.js";

const isComposing = (event) => event.isComposing || event.keyCode === 229;

// As webapp/domain/search.py does, but for variant kanji: width, case, kana and spaces make no difference.
const toHiragana = (letter) => String.fromCharCode(letter.charCodeAt(0) - 0x60);
const fold = (text) => text.normalize("NFKC").toLowerCase().replace(/[ァ-ヶ]/g, toHiragana);
const foldWords = (text) => fold(text).split(/\s+/).filter(Boolean);

function make(name, attributes, text = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

class Picker {
  constructor(select) {
    this.select = select;
    const id = `${select.id}-pick`;
    this.input = make("input", { class: "input", id, type: "text", autocomplete: "off", spellcheck: "false", placeholder: "名前の一部で探す" });
    this.list = make("ul", { class: "combobox__list", id: `${id}-list`, role: "listbox", "aria-label": "候補", hidden: "" });
    this.status = make("p", { class: "combobox__status visually-hidden", role: "status" });
    this.options = [...select.options].map((option, index) => {
      const shown = make("li", { class: "combobox__option", role: "option", id: `${id}-${index}` }, option.text);
      return { shown, value: option.value, name: option.value && option.text, folded: fold(option.text).replace(/\s+/g, "") };
    });
    this.list.append(...this.options.map(({ shown }) => shown));
    this.navigation = new Combobox(this.input, this.list, { tabInsertsSuggestions: false });

    const root = make("div", { class: "combobox" });
    root.append(this.input, this.list, this.status);
    select.before(root);
    select.hidden = true;
    for (const label of [...select.labels]) label.htmlFor = id;
    this.showChosen();
    this.chosen = select.value;
    // Not read: what stands in the text is still what was chosen before, and this one may be picked again.
    for (const name of ["failed", "trouble"]) {
      select.addEventListener(name, () => {
        select.value = this.chosen;
        this.showChosen();
      });
    }

    // On the root: going down before combobox-nav, coming up after it.
    root.addEventListener("keydown", (event) => this.onKey(event), true);
    root.addEventListener("input", (event) => { if (!event.isComposing) this.open(this.input.value); });
    root.addEventListener("compositionend", () => this.open(this.input.value));
    root.addEventListener("combobox-commit", (event) => {
      this.pick(this.options.find(({ shown }) => shown === event.target));
      this.showChosen();
      this.close();
    });
    this.list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the input
    this.input.addEventListener("click", () => {
      if (!this.list.hidden) return;
      this.open();
      this.input.select();
    });
    this.input.addEventListener("blur", () => this.leave());
  }

  showChosen() {
    this.input.value = this.options[this.select.selectedIndex].name;
  }

  open(query = "") {
    const words = foldWords(query);
    const found = this.options.filter((option) => {
      const fits = option.value ? words.every((word) => option.folded.includes(word)) : this.select.value && !words.length;
      option.shown.hidden = !fits;
      return fits;
    });
    // Enter takes the first one found, and never one that nobody asked for.
    this.navigation.firstOptionSelectionMode = words.length ? "active" : "none";
    const wasClosed = this.list.hidden;
    this.list.hidden = found.length === 0;
    if (this.list.hidden) this.navigation.stop();
    else if (wasClosed) this.navigation.start();
    else this.navigation.resetSelection();
    this.status.classList.toggle("visually-hidden", found.length > 0);
    this.status.textContent = found.length === 0
      ? `「${query.trim()}」を含む${this.select.dataset.pick}はありません。`
      : `${found.length}件の候補があります。${words.length ? `Enterで「${found[0].name}」を選びます。` : "↑↓で移り、Enterで選びます。"}`;
  }

  close() {
    this.navigation.stop();
    this.list.hidden = true;
    this.status.classList.add("visually-hidden");
    this.status.textContent = "";
  }

  pick(option) {
    if (this.select.value === option.value) return;
    this.select.value = option.value;
    if (!option.value) this.chosen = "";
    // No template any more fills nothing: no request, whose answer would replace what is typed meanwhile.
    this.select.dispatchEvent(new Event(option.value ? "change" : "input", { bubbles: true }));
  }

  // Emptied: nothing is picked any more. A text that was not picked is no choice.
  leave() {
    if (this.input.value.trim() === "") this.pick(this.options.find(({ value }) => !value));
    this.showChosen();
    this.close();
  }

  onKey(event) {
    if (isComposing(event)) {
      // The Enter that confirms a conversion is the IME's alone; Safari sends it after the composition.
      event.stopPropagation();
      if (event.key === "Enter" && !event.isComposing) event.preventDefault();
    } else if (event.key === "Escape" || (event.key === "Enter" && (event.ctrlKey || event.metaKey))) {
      this.showChosen();
      this.close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && this.list.hidden) {
      event.preventDefault();
      this.open();
    } else if (event.key === "Enter" && this.input.value.trim() === "" && !this.input.hasAttribute("aria-activedescendant")) {
      this.leave();
    }
  }
}

// htmx replaces the region after a pick: the focus goes on in the new combobox.
let hadFocus = false;

function enhance(root) {
  for (const select of root.querySelectorAll("select[data-pick]:not([hidden])")) {
    const { input } = new Picker(select);
    if (hadFocus && document.activeElement === document.body) input.focus();
    hadFocus = false;
  }
}

document.addEventListener("htmx:beforeSwap", (event) => {
  hadFocus = document.activeElement.matches(".combobox .input") && event.detail.target.contains(document.activeElement);
});
// Not on htmx:load, 20 ms later: the select would be seen in between.
document.addEventListener("htmx:afterSwap", (event) => enhance(event.target));
enhance(document);
