// The compose form's draft: kept on the server while one types, under the form's key, so that a closed tab,
// an ended login or a lost connection costs no text, and two tabs stay apart.
(() => {
  "use strict";

  const form = document.querySelector("form[data-draft-url]");
  if (!form) return;
  const REST_MS = 800;
  const RETRY_MS = 5000;
  const ANSWER_MS = 250;
  const state = document.getElementById("draft-state");
  const key = form.elements.submission_key;
  let timer = null;
  let isDirty = false; // typed and not saved yet
  let isKept = form.dataset.draft === "kept"; // the server holds a draft under this key
  let isFailing = false;
  let isThrownAway = false;
  let underWay = null;

  function awaitRest() {
    isDirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, REST_MS);
  }

  function post(body, keepalive, signal) {
    return fetch(form.dataset.draftUrl, { method: "POST", body, keepalive, signal, headers: { "HX-Request": "true" } });
  }

  async function send(isLast, signal) {
    const body = new URLSearchParams(new FormData(form));
    if (isLast) body.set("left", "y");
    let answer = await post(body, isLast, signal);
    const token = answer.status === 400 && answer.headers.get("X-CSRFToken");
    if (token) {
      // After a new login in another tab this page's token is void.
      document.dispatchEvent(new CustomEvent("token", { detail: token }));
      body.set("csrf_token", token);
      answer = await post(body, isLast, signal);
    }
    if (!answer.ok) throw new Error(answer.status === 401 ? "login" : "refused");
    return answer.text();
  }

  // isLast: the page is being left; what is under way may be older and must not come after.
  async function save(isLast = false) {
    clearTimeout(timer);
    if (underWay && !isLast) {
      timer = setTimeout(save, REST_MS);
      return;
    }
    if (isThrownAway || (!isDirty && !(isLast && (isKept || underWay)))) return;
    underWay?.abort();
    const controller = new AbortController();
    underWay = controller;
    isDirty = false;
    try {
      const text = await send(isLast, controller.signal);
      isFailing = false;
      isKept = text.trim() !== "";
      state.textContent = text;
    } catch (error) {
      if (controller.signal.aborted) return;
      isDirty = isFailing = true;
      state.textContent = error.message === "login"
        ? "ログインが切れたため、下書きを保存できません。この画面を閉じないでください。"
        : "下書きを保存できません。この画面を閉じないでください。";
      timer = setTimeout(save, RETRY_MS);
    } finally {
      if (underWay === controller) underWay = null;
    }
  }

  const isText = (event) => event.target.name !== "confirm_before_sending";
  form.addEventListener("input", (event) => { if (isText(event) && !event.isComposing) awaitRest(); });
  form.addEventListener("change", (event) => { if (isText(event)) awaitRest(); });
  form.addEventListener("compositionend", awaitRest);
  document.addEventListener("htmx:afterSwap", (event) => { if (event.target.id === "compose-text") awaitRest(); });
  document.addEventListener("submit", (event) => {
    if (event.target.elements.submission_key?.value === key.value && event.target.matches("[data-discards-draft]")) isThrownAway = true;
  });
  document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
  window.addEventListener("beforeunload", (event) => { if (isDirty && isFailing && !isThrownAway) event.preventDefault(); });

  // Which tab writes which draft: one that is asked for by its key answers.

  let channel = null;
  let answered = null;

  function listen() {
    channel = new BroadcastChannel("drafts");
    channel.onmessage = ({ data }) => {
      if (data.asked === key.value) channel.postMessage({ open: key.value });
      if (data.open === answered?.key) answered.resolve(true);
    };
  }

  const isOpenElsewhere = (wanted) => new Promise((resolve) => {
    answered = { key: wanted, resolve };
    channel.postMessage({ asked: wanted });
    setTimeout(() => resolve(false), ANSWER_MS);
  });

  async function keepApart() {
    if (!isKept) return;
    if (!(await isOpenElsewhere(key.value))) {
      // Taken up here: it is no longer one that was left behind.
      isDirty = true;
      await save();
      return;
    }
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    key.value = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    isKept = false;
    state.textContent = "別のタブで開いている文章の写しです。それぞれ別の下書きになります。";
  }

  async function takeUp() {
    const offered = "mayResume" in form.dataset && document.querySelector("a[data-draft-key]");
    if (offered && !(await isOpenElsewhere(offered.dataset.draftKey)) && !isDirty) location.replace(offered.href);
  }

  window.addEventListener("pagehide", () => {
    save(true);
    channel.close();
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    listen();
    keepApart();
  });
  listen();
  keepApart().then(takeUp);
})();
