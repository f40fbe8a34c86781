// Keys and copy buttons; the page works without.
"use strict";

const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, dialog");

function copyButtons() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(text);
        button.textContent = "Selected: copy it with your keys";
      }
    });
  }
}

function queueKeys() {
  const rings = [...document.querySelectorAll("[data-ring]")];
  const dialog = document.querySelector("[data-decide]");
  let chosen = -1;
  const choose = (next) => {
    if (!rings.length) return;
    rings[chosen]?.classList.remove("chosen");
    chosen = Math.min(Math.max(next, 0), rings.length - 1);
    rings[chosen].classList.add("chosen");
    rings[chosen].querySelector("h2 a").focus({ preventScroll: true });
    rings[chosen].scrollIntoView({ block: "nearest" });
  };
  const ask = (decision, question) => {
    if (!dialog || chosen < 0) return;
    const ring = rings[chosen].dataset.ring;
    dialog.querySelector("[name=ring]").value = ring;
    dialog.querySelector("[name=decision]").value = decision;
    dialog.querySelector("h2").textContent = question.replace("RING", ring);
    dialog.showModal();
    dialog.querySelector("button.main").focus();
  };
  rings.forEach((ring, i) =>
    ring.addEventListener("focusin", () => {
      rings[chosen]?.classList.remove("chosen");
      chosen = i;
      ring.classList.add("chosen");
    }),
  );
  dialog?.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  document.querySelector(".filters")?.addEventListener("change", (event) => {
    if (event.target.matches("[type=radio], select")) event.currentTarget.submit();
  });
  const keys = {
    j: () => choose(chosen + 1),
    k: () => choose(chosen - 1),
    c: () => ask("confirmed", "Confirm RING as one operator?"),
    b: () => ask("benign", "Call RING benign?"),
    "/": () => document.querySelector("[data-search]")?.focus(),
  };
  return rings.length || document.querySelector("[data-search]") ? keys : {};
}

function ringKeys() {
  const keys = {};
  for (const control of document.querySelectorAll("[aria-keyshortcuts]")) {
    keys[control.getAttribute("aria-keyshortcuts")] = () => {
      control.scrollIntoView({ block: "nearest" });
      control.focus(); // a second key, Enter, sends a button: one slip decides nothing
    };
  }
  return keys;
}

const keys = document.querySelector("[data-keys]") ? ringKeys() : queueKeys();
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (!(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});
copyButtons();
