/* Keys of the desk. A key presses the button that carries its letter, so that whatever a key does, a button
   does too, and nothing happens that is not on the page. */
(() => {
  "use strict";
  const frame = () => document.getElementById("desk-frame");
  const typing = (el) => el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName);
  const help = () => document.getElementById("help");
  let busy = 0;

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (typing(event.target) || help()?.open || frame()?.dataset.keys !== "on") return;
    const key = event.key.toLowerCase();
    if (key === "/") {
      const find = document.getElementById("find");
      if (find) (event.preventDefault(), find.focus());
      return;
    }
    if ((key === "j" || key === "k") && document.getElementById("queue")) return move(event, key === "j" ? 1 : -1);
    const button = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    // A key held down or pressed while an answer is on its way must not decide the task that comes next.
    if (!button || button.disabled) return;
    event.preventDefault();
    if (!event.repeat && busy === 0) button.click();
  });

  function move(event, step) {
    const rows = [...document.querySelectorAll("#queue .queue-row")];
    if (!rows.length) return;
    event.preventDefault();
    const here = rows.indexOf(document.activeElement);
    rows[Math.max(0, Math.min(rows.length - 1, here + step))].focus();
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest('[data-key="?"]')) return help()?.showModal();
    const close = event.target.closest("[data-close]");
    if (close) return document.getElementById(close.dataset.close)?.replaceChildren();
    const toggle = event.target.closest("[data-toggle]");
    if (toggle) {
      const body = document.getElementById(toggle.dataset.toggle);
      body.hidden = !body.hidden;
      toggle.setAttribute("aria-expanded", String(!body.hidden));
      return;
    }
    const same = event.target.closest('[data-key="m"]');
    const form = same?.form;
    if (form?.dataset.needsReason && !form.elements.reason.value.trim()) {
      event.preventDefault();
      event.stopImmediatePropagation();
      form.elements.reason.setCustomValidity(form.dataset.needsReason);
      form.elements.reason.reportValidity();
      form.elements.reason.focus();
    }
  }, true);
  document.addEventListener("input", (event) => {
    if (event.target.id === "reason") event.target.setCustomValidity("");
  });

  // The heartbeat runs by itself and must not swallow a key.
  const counts = (event) => event.detail.elt?.id !== "lease" && event.detail.elt?.getAttribute("role") !== "search";
  document.addEventListener("htmx:beforeRequest", (event) => { if (counts(event)) busy += 1; });
  document.addEventListener("htmx:afterRequest", (event) => { if (counts(event)) busy = Math.max(0, busy - 1); });
  document.addEventListener("htmx:sendError", () => say("The server cannot be reached. Nothing was changed; try again."));
  document.addEventListener("htmx:responseError", () => say("That did not work. Nothing was changed; try again."));

  let timer = 0;
  function say(text) {
    const toast = document.getElementById("toast");
    if (!toast) return;
    const line = document.createElement("p");
    line.textContent = text;
    toast.replaceChildren(line);
  }
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id === "desk") {
      window.scrollTo({ top: 0 });
      (document.getElementById("problem") || document.querySelector(".task"))?.setAttribute("tabindex", "-1");
      (document.getElementById("problem") || document.querySelector(".task"))?.focus({ preventScroll: true });
      clearTimeout(timer);
      timer = setTimeout(() => document.getElementById("toast")?.replaceChildren(), 20000);
    }
    if (event.detail.target?.id === "pin-pane") {
      (document.getElementById("preview-title") || document.getElementById("pin-title"))?.focus();
    }
    if (event.detail.target?.id === "golden") document.getElementById("problem")?.setAttribute("tabindex", "-1");
    if (event.detail.target?.id === "golden") document.getElementById("problem")?.focus();
    if (event.detail.target?.id === "waterfall") document.querySelector("#waterfall button")?.focus();
  });
})();
