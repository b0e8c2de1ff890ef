// What htmx does to a page: polling that rests, requests that fail or come too late, tokens of older pages, what
// is read out, and what stays open.
(() => {
  "use strict";

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Polling rests in hidden tabs and asks once when the tab is seen again.

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

  // A request replaced by a newer one (hx-sync) is no error. htmx (tested: 2.0.11) aborts it while it dispatches
  // htmx:abort, and asks its logger before it writes two errors to the console.

  let isReplacing = false;

  document.addEventListener("htmx:abort", () => { isReplacing = true; }, true);
  document.addEventListener("htmx:abort", () => { isReplacing = false; });
  if (window.htmx) htmx.logger = (_elt, _name, detail) => { if (isReplacing) delete detail.error; };

  // A request that failed is said on the page, until its element succeeds or is gone. The element hears
  // `failed` (kind, xhr). Who can say it better says `trouble` himself.

  const TROUBLE = {
    network: "通信できませんでした。ネットワークを確かめてください。表示は最後に届いた内容のままです。",
    login: "ログインの有効期限が切れました。",
    400: "画面を開いた後に、ほかの人がログインしたか、ログインし直しました。入力した内容は残っています。「送信」や「保存」を押すと、進む前に確かめられます。",
    403: "この操作を行う権限がありません。管理者に依頼してください。",
    404: "対象が見つかりません。削除された可能性があります。ページを再読み込みしてください。",
    typed: "雛形を読み込む間に文章が変わったため、入力した文章を残しました。雛形を使うときは、もう一度選んでください。",
    other: "サーバーで問題が起きました。少し待ってから、もう一度操作してください。",
  };
  const trouble = document.getElementById("trouble");
  const said = { elt: null, xhr: null };

  function sayTrouble(kind, elt, xhr) {
    if (!trouble) return;
    Object.assign(said, { elt, xhr });
    const text = document.getElementById("trouble-text");
    text.textContent = TROUBLE[kind] ?? TROUBLE.other;
    if (kind === "login") text.append(document.getElementById("login-again").content.cloneNode(true));
    trouble.hidden = false;
  }

  function fail({ requestConfig, xhr }, kind) {
    sayTrouble(kind, requestConfig.elt, xhr);
    requestConfig.elt.dispatchEvent(new CustomEvent("failed", { bubbles: true, detail: { kind, xhr } }));
  }

  const forget = () => { if (trouble && said.elt) { trouble.hidden = true; said.elt = null; } };

  document.addEventListener("trouble", ({ target, detail }) => sayTrouble(detail.kind, target, detail.xhr));
  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.successful && detail.requestConfig.elt === said.elt && detail.xhr !== said.xhr) forget();
  });
  document.addEventListener("htmx:afterSettle", () => { if (said.elt?.isConnected === false) forget(); });

  // After a new login of the same person the token of an older page is void; the answer that says so brings a
  // fresh one. The second try waits until the first has let go of its lock (hx-sync).

  const retried = new WeakSet();

  function renewToken(token) {
    for (const input of all('input[name="csrf_token"]')) input.value = token;
    const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
    document.body.setAttribute("hx-headers", JSON.stringify({ ...headers, "X-CSRFToken": token }));
  }

  document.addEventListener("token", (event) => renewToken(event.detail));
  document.addEventListener("htmx:sendError", ({ detail }) => { if (detail.requestConfig) fail(detail, "network"); });
  document.addEventListener("htmx:timeout", ({ detail }) => { if (detail?.requestConfig) fail(detail, "network"); });
  document.addEventListener("htmx:responseError", ({ detail }) => {
    const { xhr, requestConfig: { elt, triggeringEvent } } = detail;
    const token = xhr.status === 400 && xhr.getResponseHeader("X-CSRFToken");
    if (!token || retried.has(elt)) {
      fail(detail, xhr.status === 401 ? "login" : xhr.status);
      return;
    }
    retried.add(elt);
    renewToken(token);
    const again = (event) => {
      if (event.detail.xhr !== xhr) return;
      document.removeEventListener("htmx:afterRequest", again);
      setTimeout(() => elt.dispatchEvent(new Event(triggeringEvent?.type ?? "change", { bubbles: true })));
    };
    document.addEventListener("htmx:afterRequest", again);
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => { if (detail.successful) retried.delete(detail.requestConfig.elt); });

  // A redirect that ended on the login page is no fragment.
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (new URL(detail.xhr.responseURL || location.href).pathname !== "/login") return;
    detail.shouldSwap = false;
    fail(detail, "login");
  });

  // What asked for something is replaced: the answer, with all it would bring along out of band, is older than what
  // is shown now. (No event of a swap tells: its target may be gone too.)

  const underWay = new Map();

  document.addEventListener("htmx:beforeRequest", ({ detail }) => underWay.set(detail.elt, detail.xhr));
  document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, xhr } }) => {
    if (underWay.get(requestConfig.elt) === xhr) underWay.delete(requestConfig.elt);
  });
  document.addEventListener("htmx:beforeCleanupElement", ({ target }) => {
    if (underWay.get(target)?.readyState < XMLHttpRequest.DONE) htmx.trigger(target, "htmx:abort");
  });

  // What changed in [data-announce] is read out, and what only came again is not.

  const readAnnounced = () => all("[data-announce]").map(({ textContent }) => textContent.replace(/\s+/g, " ").trim()).join(" ");
  let announced = readAnnounced();

  document.addEventListener("htmx:afterSettle", () => {
    const text = readAnnounced();
    if (text === announced) return;
    announced = text;
    document.getElementById("announcer").textContent = text;
  });

  // What a person opened or closed inside a fragment stays so when the fragment is replaced, in its place or out
  // of band.

  const wasOpen = new Map();
  const keepOpen = ({ detail }) => {
    for (const details of [detail.target, ...all("details[id]", detail.target)]) if (details.matches("details[id]")) wasOpen.set(details.id, details.open);
  };
  const openAgain = () => {
    for (const [id, open] of wasOpen) {
      const details = document.getElementById(id);
      if (details) details.open = open;
    }
  };

  document.addEventListener("htmx:beforeSwap", () => wasOpen.clear());
  for (const name of ["htmx:beforeSwap", "htmx:oobBeforeSwap"]) document.addEventListener(name, keepOpen);
  for (const name of ["htmx:afterSwap", "htmx:oobAfterSwap"]) document.addEventListener(name, openAgain);
})();
