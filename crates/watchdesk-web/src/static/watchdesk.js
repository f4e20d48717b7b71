// Watchdesk: what pages can do beyond links and forms. Everything works without it, only slower.
"use strict";
(() => {
  const body = document.body;
  const words = body.dataset;
  if (!words.now) return;
  document.documentElement.classList.add("scripted");

  const REFRESH_WAIT_MS = 1500;
  const RECONNECT_WAIT_MS = 15000;
  const TICK_MS = 5000;
  const PREFIX_WAIT_MS = 1200;
  const TOAST_MS = 6000;
  const DRAFT_DAYS = 7;
  const DRAFT_PREFIX = "watchdesk:draft:";

  // ---- Time: the server's clock, whatever this computer believes -----------
  const offsetMs = Date.parse(words.now) - Date.now();
  const nowMs = () => Date.now() + offsetMs;

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole);

  function span(seconds) {
    const s = Math.abs(Math.floor(seconds));
    if (s < 60) return words.tUnderMinute;
    if (s < 3600) return fill(words.tMinutes, { m: Math.floor(s / 60) });
    const h = Math.floor(s / 3600);
    if (s < 86400) {
      const m = Math.floor((s % 3600) / 60);
      return fill(m ? words.tHours : words.tWholeHours, { h, m });
    }
    const d = Math.floor(s / 86400);
    const rest = Math.floor((s % 86400) / 3600);
    return fill(rest ? words.tDays : words.tWholeDays, { d, h: rest });
  }

  // How long ago needs only its largest unit.
  function age(seconds) {
    if (seconds < 3600) return fill(words.tMinutes, { m: Math.floor(seconds / 60) });
    if (seconds < 86400) return fill(words.tWholeHours, { h: Math.floor(seconds / 3600) });
    return fill(words.tWholeDays, { d: Math.floor(seconds / 86400) });
  }

  const LEVELS = { calm: "clock", near: "bell", missed: "alert" };

  function showDue(element) {
    const left = Date.parse(element.dataset.due) - nowMs();
    const near = element.dataset.near ? Date.parse(element.dataset.near) : Infinity;
    const level = left < 0 ? "missed" : nowMs() >= near ? "near" : "calm";
    const text = element.querySelector(".due-text");
    const length = span(left / 1000);
    const said = level === "missed" ? fill(words.tMissed, { span: length }) : length;
    if (text && text.textContent !== said) text.textContent = said;
    if (element.classList.contains(`due-${level}`)) return;
    for (const other of Object.keys(LEVELS)) swapLevel(element, other, level);
  }

  function swapLevel(element, other, level) {
    element.classList.toggle(`due-${other}`, other === level);
    element.closest(".row")?.classList.toggle(`row-${other}`, other === level);
    element.closest(".clock")?.classList.toggle(`clock-${other}`, other === level);
    const use = element.querySelector("use");
    if (use && other === level) {
      use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${LEVELS[level]}`));
    }
  }

  function showAgo(element) {
    const seconds = (nowMs() - Date.parse(element.dateTime)) / 1000;
    if (seconds < 0) return;
    const said = seconds < 60 ? words.tJustNow : fill(words.tAgo, { span: age(seconds) });
    if (element.textContent !== said) element.textContent = said;
  }

  function tick() {
    document.querySelectorAll("[data-due]").forEach(showDue);
    document.querySelectorAll("time.ago").forEach(showAgo);
  }

  // ---- Short messages ------------------------------------------------------
  let toastTimer;
  function toast(text) {
    let box = document.getElementById("toast");
    if (!box) {
      box = document.createElement("div");
      box.id = "toast";
      box.setAttribute("role", "status");
      body.append(box);
    }
    box.textContent = text;
    box.hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { box.hidden = true; }, TOAST_MS);
  }

  // ---- Copy ----------------------------------------------------------------
  async function copy(button) {
    const source = button.dataset.copyFrom;
    const text = (source ? document.getElementById(source)?.textContent : button.dataset.copy) ?? "";
    let copied = false;
    try {
      await navigator.clipboard.writeText(text);
      copied = true;
    } catch {
      copied = copyTheOldWay(text);
    }
    if (copied) {
      button.classList.add("copied");
      setTimeout(() => button.classList.remove("copied"), 1500);
    }
    toast(copied ? words.tCopied : words.tCopyFailed);
    if (button.form) putOnRecord(button.form);
  }

  // What is copied out of a packet leaves the house: the form says so, and the page stays as it is.
  function putOnRecord(form) {
    const fields = new URLSearchParams(new FormData(form));
    fetch(form.action, { method: "POST", body: fields, keepalive: true, redirect: "manual" })
      .then((answer) => { if (answer.type !== "opaqueredirect" && !answer.ok) toast(words.tFailed); })
      .catch(() => toast(words.tFailed));
  }

  // Without TLS a browser has no clipboard object; a desk in an office network may well be without.
  function copyTheOldWay(text) {
    const area = document.createElement("textarea");
    area.className = "sr";
    area.value = text;
    body.append(area);
    const before = document.activeElement;
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    before?.focus?.();
    return copied;
  }

  // ---- Drafts: kept in this browser, per reader and form -------------------
  const draftKey = (form) => `${DRAFT_PREFIX}${words.reader}:${form.dataset.draft}`;
  const draftFields = (form) =>
    [...form.querySelectorAll("textarea[name], input[name]:not([type=hidden]):not([type=file]):not([type=radio]), select[name]")];

  function saveDraft(form) {
    const values = {};
    let written = false;
    for (const field of draftFields(form)) {
      values[field.name] = field.value;
      if (field.tagName === "TEXTAREA" && field.value.trim()) written = true;
    }
    try {
      if (written) localStorage.setItem(draftKey(form), JSON.stringify({ at: Date.now(), values }));
      else localStorage.removeItem(draftKey(form));
    } catch { return; }
    noteDraft(form, written);
  }

  function noteDraft(form, written) {
    const note = form.querySelector("[data-draft-note]");
    if (note) note.textContent = written ? words.tDraft : "";
  }

  function restoreDraft(form) {
    let kept;
    try { kept = JSON.parse(localStorage.getItem(draftKey(form))); } catch { return; }
    if (!kept?.values) return;
    const areas = [...form.querySelectorAll("textarea[name]")];
    if (areas.some((area) => area.value.trim())) return; // the server gave back what was typed
    for (const field of draftFields(form)) {
      if (typeof kept.values[field.name] === "string" && kept.values[field.name]) field.value = kept.values[field.name];
    }
    noteDraft(form, true);
  }

  function dropDraft(form) {
    try { localStorage.removeItem(draftKey(form)); } catch { /* storage is closed: nothing was kept */ }
  }

  function dropOldDrafts() {
    try {
      for (const key of Object.keys(localStorage).filter((name) => name.startsWith(DRAFT_PREFIX))) {
        const at = JSON.parse(localStorage.getItem(key))?.at ?? 0;
        if (Date.now() - at > DRAFT_DAYS * 86400000) localStorage.removeItem(key);
      }
    } catch { /* storage is closed or holds something else */ }
  }

  // ---- Live changes --------------------------------------------------------
  let refreshTimer;
  function changed(change) {
    const ticket = document.getElementById("ticket");
    if (ticket && Number(ticket.dataset.ticket) === change.number && change.version > Number(ticket.dataset.version)) {
      document.getElementById("live-bar").hidden = false;
    }
    if (document.getElementById("list") && window.htmx) {
      clearTimeout(refreshTimer);
      refreshTimer = setTimeout(() => window.htmx.trigger("#list", "refresh"), REFRESH_WAIT_MS);
    }
  }

  function listen() {
    if (!window.EventSource || !words.live) return;
    const stream = new EventSource(words.live);
    stream.addEventListener("ticket", (event) => {
      try { changed(JSON.parse(event.data)); } catch { /* not ours to read */ }
    });
    stream.addEventListener("bye", () => { stream.close(); toast(words.tSignedOut); });
    stream.addEventListener("error", () => {
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, RECONNECT_WAIT_MS);
    });
    window.addEventListener("pagehide", () => stream.close(), { once: true });
  }

  function refresh() {
    document.getElementById("live-bar").hidden = true;
    const refresher = document.getElementById("refresher");
    if (refresher && window.htmx) window.htmx.trigger(refresher, "refresh");
    else location.reload();
  }

  // ---- Keyboard ------------------------------------------------------------
  const isTyping = (element) =>
    element?.matches?.("textarea, select, [contenteditable], input:not([type=checkbox]):not([type=radio]):not([type=button])");

  function step(by) {
    const links = [...document.querySelectorAll(".rows .c-subject, .row-link")];
    if (!links.length) return;
    const here = links.indexOf(document.activeElement);
    const next = links[here < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(Math.max(here + by, 0), links.length - 1)];
    next.focus();
    next.closest("li, tr")?.scrollIntoView({ block: "nearest" });
  }

  function compose(name) {
    const tab = document.getElementById(`tab-${name}`);
    if (!tab) return;
    tab.checked = true;
    const panel = document.querySelector(`.panel-${name}`);
    panel?.querySelector("textarea, select, input:not([type=hidden])")?.focus();
    panel?.scrollIntoView({ block: "nearest" });
  }

  const follow = (path) => { location.href = path; };
  const KEYS = {
    j: () => step(1),
    k: () => step(-1),
    o: () => document.activeElement?.matches(".c-subject, .row-link") && document.activeElement.click(),
    c: () => document.getElementById("new-ticket")?.click(),
    "/": () => { const field = document.getElementById("search"); field?.focus(); field?.select(); },
    "?": () => document.getElementById("help")?.showModal(),
    r: () => compose("reply"),
    n: () => compose("note"),
    e: () => compose("escalate"),
    t: () => document.querySelector("#triage select")?.focus(),
  };
  const AFTER_G = {
    q: () => follow("/queue"),
    m: () => follow("/queue?owner=me"),
    u: () => follow("/queue?owner=none"),
  };

  let prefixAt = 0;
  function onKey(event) {
    if (event.isComposing || event.defaultPrevented) return;
    const target = event.target;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = target.closest?.("form");
      const send = form?.querySelector("[data-send]");
      if (send) { event.preventDefault(); form.requestSubmit(send); }
      return;
    }
    if (event.key === "Escape") {
      const more = document.getElementById("more");
      if (more?.checked) more.checked = false;
      else if (isTyping(target)) target.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(target) || document.querySelector("dialog[open]")) return;
    const afterG = Date.now() - prefixAt < PREFIX_WAIT_MS;
    prefixAt = event.key === "g" ? Date.now() : 0;
    const act = (afterG && AFTER_G[event.key]) || KEYS[event.key];
    if (act) { event.preventDefault(); act(); }
  }

  // ---- Frames with mail: as high as what is in them ------------------------
  function fit(frame) {
    const inside = frame.contentDocument?.documentElement;
    if (inside) frame.style.height = `${Math.min(Math.max(inside.scrollHeight + 2, 60), 4000)}px`;
  }

  // ---- After each load and swap --------------------------------------------
  function prepare(root) {
    tick();
    root.querySelectorAll("form[data-draft]").forEach(restoreDraft);
    root.querySelectorAll("iframe[data-fit]").forEach((frame) => {
      frame.addEventListener("load", () => fit(frame));
      fit(frame);
    });
    const split = document.querySelector("[data-split]");
    split?.addEventListener("toggle", () => document.getElementById("ticket")?.classList.toggle("splitting", split.open));
    if (split?.open) document.getElementById("ticket")?.classList.add("splitting");
    root.querySelector("[data-focus]")?.focus();
  }

  document.addEventListener("click", (event) => {
    const copying = event.target.closest("[data-copy], [data-copy-from]");
    if (copying) { if (copying.form) event.preventDefault(); copy(copying); }
    const jump = event.target.closest("[data-compose]");
    if (jump && document.getElementById(`tab-${jump.dataset.compose}`)) { event.preventDefault(); compose(jump.dataset.compose); }
    if (event.target.closest("[data-help]")) document.getElementById("help")?.showModal();
    if (event.target.closest("[data-refresh]")) refresh();
    const more = document.getElementById("more");
    if (more?.checked && !event.target.closest(".more")) more.checked = false;
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-draft]");
    if (form) saveDraft(form);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (form.dataset.draft && !form.hasAttribute("hx-post")) dropDraft(form);
  }, true);

  // ---- htmx ----------------------------------------------------------------
  body.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "get") return;
    for (const name of [...event.detail.formData.keys()]) {
      if (event.detail.formData.get(name) === "") event.detail.formData.delete(name);
    }
  });
  body.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (!xhr.responseText.includes('id="page"')) {
      event.detail.shouldSwap = false;
      toast(xhr.status === 401 || xhr.responseURL.includes("/sign-in") ? words.tSignedOut : words.tFailed);
      return;
    }
    const form = requestConfig.elt;
    if (requestConfig.verb === "post" && xhr.status < 400 && form.dataset.draft) dropDraft(form);
    document.getElementById("live-bar").hidden = true;
  });
  body.addEventListener("htmx:sendError", () => toast(words.tFailed));
  body.addEventListener("htmx:load", (event) => { if (event.detail.elt !== body) prepare(event.detail.elt); });

  dropOldDrafts();
  prepare(document);
  setInterval(tick, TICK_MS);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
  listen();
})();
