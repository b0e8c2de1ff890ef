// Keeps the phones, reservations and e-mails fresh. What a person is typing, or reading on, stays in place.
"use strict";

(() => {
  const PERIOD_MS = 2000;

  const refreshPhone = (shown, fresh) => {
    [".phone-top", ".talk"].forEach((part) => {
      const before = shown.querySelector(part);
      const after = fresh.querySelector(part);
      if (before.innerHTML !== after.innerHTML) before.replaceChildren(...after.childNodes);
    });
    const answer = shown.querySelector(".answer");
    const wanted = fresh.querySelector(".answer");
    if (answer.tagName !== wanted.tagName) answer.replaceWith(wanted);
  };

  // Moving an element would lose its focus and its scroll position: only when the order really changed.
  const refreshPhones = (list, fresh) => {
    const ids = fresh.map((phone) => phone.id);
    const isBusy = list.contains(document.activeElement);
    fresh.forEach((phone) => {
      const shown = document.getElementById(phone.id);
      if (shown) refreshPhone(shown, phone);
      else list.append(phone);
    });
    if (isBusy) return;
    [...list.children].forEach((phone) => {
      if (!ids.includes(phone.id)) phone.remove();
    });
    const isInOrder = [...list.children].every((phone, index) => phone.id === ids[index]);
    if (!isInOrder) ids.forEach((id) => list.append(document.getElementById(id)));
  };

  const refresh = async () => {
    if (document.hidden) return;
    const answer = await fetch("/desk", { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("desk");
    const current = document.getElementById("desk");
    const side = current.querySelector("#side");
    const freshSide = fresh.querySelector("#side");
    if (side.innerHTML !== freshSide.innerHTML && !side.contains(document.activeElement)) {
      side.replaceChildren(...freshSide.childNodes);
    }
    const emptiness = current.querySelector("#no-phones");
    if (emptiness && !fresh.querySelector("#no-phones")) emptiness.remove();
    refreshPhones(current.querySelector("#phone-list"), [...fresh.querySelectorAll(".phone")]);
  };

  const run = async () => {
    try {
      await refresh();
    } catch {
      // The simulator is away or restarting: the next round asks again.
    }
    setTimeout(run, PERIOD_MS);
  };

  setTimeout(run, PERIOD_MS);
})();
