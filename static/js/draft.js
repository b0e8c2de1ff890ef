// The compose form's draft: kept on the server while one types, so that a closed tab, an ended login or a lost
// connection costs no text. Each page writes a draft of its own: what another page wrote is never written over.
(() => {
  "use strict";

  const form = document.querySelector("form[data-draft-url]");
  if (!form) return;
  const REST_MS = 800;
  const RETRY_MS = 5000;
  const LONGEST_RETRY_MS = 60000;
  const ANSWER_MS = 250;
  const state = document.getElementById("draft-state");
  const key = form.elements.submission_key;
  const version = form.elements.draft_version;
  const randomName = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  // Which page writes, and which of its saves it is: known of the form's own POST (「SMS雛形設定」) as well.
  const carry = (name, value) => form.appendChild(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  carry("tab", randomName());
  const serial = carry("serial", 0);
  const count = () => { serial.value = Number(serial.value) + 1; };
  let timer = null;
  let isTouched = false; // by the person, composing included: the page is no longer exchanged
  let isDirty = false; // typed and not saved yet
  let isKept = form.dataset.draft === "kept"; // the server holds a draft under this key
  let isThrownAway = false;
  let failures = 0;
  let underWay = null;

  const say = (text) => { if (state.textContent !== text) state.textContent = text; };

  function touch() {
    isTouched = isDirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, REST_MS);
  }

  function rename(name) {
    if (name === key.value) return;
    for (const input of document.querySelectorAll("#compose [name=submission_key], #discard-resumed [name=submission_key]")) input.value = name;
  }

  const post = (url, body, { keepalive = false, signal } = {}) =>
    fetch(url, { method: "POST", body, keepalive, signal, headers: { ...JSON.parse(document.body.getAttribute("hx-headers")), "HX-Request": "true" } });

  // The form as it is; after a new login of the same person in another tab, with the token that the answer brings.
  async function send(url, options, extra = {}) {
    count();
    const body = new URLSearchParams(new FormData(form));
    for (const [name, value] of Object.entries(extra)) body.set(name, value);
    let answer = await post(url, body, options);
    const token = answer.status === 400 && answer.headers.get("X-CSRFToken");
    if (token) {
      document.dispatchEvent(new CustomEvent("token", { detail: token }));
      body.set("csrf_token", token);
      answer = await post(url, body, options);
    }
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  const OTHER_PERSON = "ほかの人がログインしたため、下書きを保存できません。この画面を閉じないでください。";
  const TROUBLE = {
    400: OTHER_PERSON,
    401: "ログインが切れたため、下書きを保存できません。この画面を閉じないでください。",
    403: OTHER_PERSON,
    other: "下書きを保存できません。この画面を閉じないでください。",
  };

  // isLeaving: the browser may end the page before the answer comes. isLast: this page writes no more.
  async function save({ isLeaving = false, isLast = false } = {}) {
    clearTimeout(timer);
    if (underWay && !isLeaving) {
      timer = setTimeout(save, REST_MS);
      return;
    }
    if (isThrownAway || (!isDirty && !(isLast && (isKept || underWay)))) return;
    underWay?.abort();
    const controller = new AbortController();
    underWay = controller;
    isDirty = false;
    try {
      const kept = await send(form.dataset.draftUrl, { keepalive: isLeaving, signal: controller.signal }, isLast ? { left: "y" } : {});
      failures = 0;
      isKept = kept.version !== "";
      rename(kept.key);
      version.value = kept.version;
      say(kept.text);
      // So that a reload, a login in between, or a tab opened again comes back to this very draft.
      if (isKept && !isLast) history.replaceState(history.state, "", `${location.pathname}?draft=${encodeURIComponent(kept.key)}`);
    } catch (error) {
      if (controller.signal.aborted) return;
      isDirty = true;
      failures += 1;
      say(TROUBLE[error.message] ?? TROUBLE.other);
      timer = setTimeout(save, Math.min(RETRY_MS * failures, LONGEST_RETRY_MS));
    } finally {
      if (underWay === controller) underWay = null;
    }
  }

  const isText = (event) => event.target.name !== "confirm_before_sending";
  form.addEventListener("compositionstart", () => { isTouched = true; });
  form.addEventListener("compositionend", touch);
  form.addEventListener("input", (event) => { if (isText(event) && !event.isComposing) touch(); });
  form.addEventListener("change", (event) => { if (isText(event)) touch(); });
  document.addEventListener("htmx:afterSwap", (event) => { if (event.target.id === "compose-text") touch(); });
  form.addEventListener("submit", count);
  document.addEventListener("submit", (event) => {
    const isOurs = event.target.matches("[data-discards-draft]") && event.target.elements.submission_key.value === key.value;
    if (isOurs && !event.defaultPrevented) isThrownAway = true;
  });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  window.addEventListener("beforeunload", (event) => {
    // Before the next page is asked for, which may be this one again.
    save({ isLeaving: true });
    if (failures && !isThrownAway) event.preventDefault();
  });

  // Which page writes which draft: a tab that is asked for one by its key answers.

  let channel = null;
  let asked = null;

  function listen() {
    channel = new BroadcastChannel("drafts");
    channel.onmessage = ({ data }) => {
      if (data.asked === key.value) channel.postMessage({ open: key.value });
      if (asked && data.open === asked.key) asked.resolve(true);
    };
  }

  const isOpenElsewhere = (wanted) => new Promise((resolve) => {
    asked = { key: wanted, resolve };
    channel.postMessage({ asked: wanted });
    setTimeout(() => resolve(false), ANSWER_MS);
  });

  async function keepApart() {
    if (!isKept) return;
    if (await isOpenElsewhere(key.value)) {
      rename(randomName());
      version.value = "";
      isKept = false;
      say("別のタブで開いている下書きの写しです。ここで書くと、別の下書きになります。");
      return;
    }
    const answer = await send(form.dataset.takeUpUrl).catch(() => null);
    // It went on elsewhere, or just as this page was made: its latest state instead.
    if (answer && !answer.is_current && !isTouched) location.reload();
  }

  async function takeUp() {
    const offered = "mayResume" in form.dataset && document.querySelector("a[data-draft-key]");
    if (offered && !(await isOpenElsewhere(offered.dataset.draftKey)) && !isTouched) location.replace(offered.href);
  }

  window.addEventListener("pagehide", () => {
    save({ isLeaving: true, isLast: true });
    channel.close();
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    isThrownAway = isTouched = false;
    listen();
    keepApart();
  });
  const { body } = form.elements;
  // A text that is taken up is gone on with at its end.
  if (isKept && body.autofocus) body.setSelectionRange(body.value.length, body.value.length);
  listen();
  keepApart().then(takeUp);
})();
