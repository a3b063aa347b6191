// Keeps the page current without reloading it. Everything works without this file, too.
(() => {
  "use strict";
  const PANES = ["slack", "mail", "log"];
  const root = document.documentElement;
  root.classList.add("js");
  const keyOf = (c) => `${c.form?.dataset.form ?? ""}/${c.name}/${/radio|checkbox/.test(c.type) ? c.value : ""}`;
  const controls = (el) => [...el.querySelectorAll("input:not([type=hidden],[type=file]),textarea,select")];
  const changed = (c) => c.checked !== c.defaultChecked || (c.options ? [...c.options].some((o) => o.selected !== o.defaultSelected) : c.value !== c.defaultValue);
  const choices = (c) => (c.options ? [...c.options].map((o) => o.selected) : null);

  // Swaps a pane, keeping what a person typed, where they are, and what they opened. `sent` names
  // the form whose fields have done their work; by name, as news may have swapped the form itself.
  function swap(fresh, sent) {
    const old = document.querySelector(`[data-pane="${fresh.dataset.pane}"]`);
    if (!old || (old.dataset.version === fresh.dataset.version && !(sent && [...old.querySelectorAll("form")].some((f) => f.dataset.form === sent)))) return;
    const typed = new Map(controls(old).filter((c) => changed(c) && (!sent || c.form?.dataset.form !== sent)).map((c) => [keyOf(c), { value: c.value, checked: c.checked, choices: choices(c) }]));
    const scrolls = new Map([...old.querySelectorAll("[data-scroll]")].map((s) => [s.dataset.scroll, { top: s.scrollTop, end: s.scrollHeight - s.scrollTop - s.clientHeight < 40 }]));
    const opened = new Map([...old.querySelectorAll("details[id]")].map((d) => [d.id, d.open]));
    const heights = new Map([...old.querySelectorAll("iframe")].map((f) => [f.id, f.style.height]));
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    const focus = active && { id: active.id, key: active.name && keyOf(active), at: active.selectionStart };
    const hadModal = old.querySelector(".modal");
    old.replaceWith(fresh);
    for (const c of controls(fresh)) {
      const kept = typed.get(keyOf(c));
      if (kept) kept.choices ? [...c.options].forEach((o, i) => (o.selected = kept.choices[i] ?? o.selected)) : ((c.checked = kept.checked), (c.value = kept.value));
      if (focus && (focus.id ? c.id === focus.id : keyOf(c) === focus.key)) { c.focus(); if (focus.at != null && c.setSelectionRange) try { c.setSelectionRange(focus.at, focus.at); } catch {} }
    }
    for (const d of fresh.querySelectorAll("details[id]")) if (opened.has(d.id) && !(sent && d.classList.contains("pop"))) d.open = opened.get(d.id);
    settle(fresh, scrolls, heights);
    if (!hadModal) fresh.querySelector(".modal")?.querySelector(".modal-body :is(input,textarea,select), footer button")?.focus();
  }

  function settle(el, scrolls = new Map(), heights = new Map()) {
    for (const s of el.querySelectorAll("[data-scroll]")) {
      const was = scrolls.get(s.dataset.scroll);
      s.scrollTop = was && !(was.end && "stick" in s.dataset) ? was.top : "stick" in s.dataset ? s.scrollHeight : 0;
    }
    for (const f of el.querySelectorAll("iframe")) {
      if (heights.get(f.id)) f.style.height = heights.get(f.id);
      f.addEventListener("load", () => {
        const end = f.closest("[data-stick]"), near = end && end.scrollHeight - end.scrollTop - end.clientHeight < 40;
        f.style.height = `${Math.ceil(f.contentDocument.body.getBoundingClientRect().bottom) + 14}px`;
        if (near) end.scrollTop = end.scrollHeight;
      });
    }
  }

  async function show(answer, sent) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("[data-notice]").replaceChildren(...page.querySelector("[data-notice]").childNodes);
    const clock = page.querySelector(".clock"); if (clock) document.querySelector(".clock")?.replaceWith(clock);
    page.querySelectorAll("[data-pane]").forEach((pane) => swap(document.adoptNode(pane), sent));
    PANES.forEach(refresh); // news may have overtaken this answer
  }
  async function go(url, push = true) {
    const answer = await fetch(url);
    if (!answer.ok) return location.assign(url);
    if (push) history.pushState(null, "", answer.url);
    await show(answer);
  }

  // One fetch per pane at a time; news that come meanwhile make one more.
  const running = new Map();
  async function refresh(name) {
    if (running.has(name)) return running.set(name, true);
    running.set(name, false);
    const where = location.search;
    const answer = await fetch(`/pane/${name}${where}`).catch(() => null);
    const fresh = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-pane]");
    if (fresh && where === location.search) swap(document.adoptNode(fresh));
    const again = running.get(name) || where !== location.search;
    running.delete(name);
    if (again) refresh(name);
  }

  addEventListener("submit", async (event) => {
    const form = event.target, by = event.submitter, data = new FormData(form, by);
    event.preventDefault();
    if (form.method === "get") return go(`/?${new URLSearchParams(data)}`);
    by?.classList.add("busy");
    const answer = await fetch(by?.getAttribute("formaction") || form.getAttribute("action"), { method: "POST", body: data });
    if (answer.redirected) history.pushState(null, "", answer.url);
    by?.classList.remove("busy");
    await show(answer, new URL(answer.url).searchParams.has("notice") ? "" : form.dataset.form);
  });
  addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="/?"]');
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); go(link.href); }
    // A message's address in this workspace is a place on this page: its thread.
    const [, channel, ts] = event.target.closest("a")?.href.match(/\.slack\.invalid\/archives\/(\w+)\/p(\d+)/) ?? [];
    if (ts) {
      event.preventDefault();
      const there = new URLSearchParams(location.search);
      there.set("channel", channel); there.set("thread", `${ts.slice(0, -6)}.${ts.slice(-6)}`); there.delete("tab");
      go(`/?${there}`);
    }
    for (const d of document.querySelectorAll("details.pop[open]")) if (!d.contains(event.target)) d.open = false;
  });
  addEventListener("change", (event) => {
    if (event.target.matches("[data-go]")) event.target.form.requestSubmit();
    const ok = event.target.closest(".options,[data-choose]")?.nextElementSibling;
    if (ok?.matches(".choose")) event.target.form.requestSubmit(ok);
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.target.matches("[data-enter]")) { event.preventDefault(); event.target.form.requestSubmit(); }
    if (event.key === "Escape") { const open = document.querySelector("details.pop[open]"); if (open) open.open = false; else document.querySelector("[data-close]")?.click(); }
  });
  // A menu opens where there is room for it, above its button when the pane ends below.
  function put(pop) {
    const menu = pop.lastElementChild, at = pop.firstElementChild.getBoundingClientRect(), room = pop.closest(".pane").getBoundingClientRect();
    menu.style.position = "fixed";
    menu.style.right = "auto";
    menu.style.left = `${Math.max(room.left + 6, Math.min(at.left, room.right - menu.offsetWidth - 6))}px`;
    menu.style.top = `${at.bottom + 4 + menu.offsetHeight > room.bottom ? at.top - menu.offsetHeight - 4 : at.bottom + 4}px`;
  }
  addEventListener("toggle", (event) => event.target.matches?.("details.pop[open]") && put(event.target), true);
  addEventListener("scroll", () => document.querySelectorAll("details.pop[open]").forEach(put), true);
  addEventListener("popstate", () => go(location.href, false));

  const clean = new URL(location.href);
  if (clean.searchParams.has("t")) { clean.searchParams.delete("t"); history.replaceState(null, "", clean); }
  settle(document);
  const news = new EventSource("/events");
  news.onopen = () => PANES.forEach(refresh);
  news.onmessage = (event) => event.data.split(" ").forEach(refresh);
})();
