/* Puhui's own script: comfort only. Every page works without it. */
(function () {
  "use strict";
  var doc = document, root = doc.documentElement;
  root.classList.add("js");
  function all(css, inside) { return Array.prototype.slice.call((inside || doc).querySelectorAll(css)); }

  // Code boxes: one input, six painted boxes.
  function paint(code) {
    var input = code.querySelector("input"), text = input.value.replace(/\D/g, "").slice(0, 6);
    if (input.value !== text) input.value = text;
    all(".boxes i", code).forEach(function (box, i) {
      box.textContent = text[i] || "";
      box.classList.toggle("here", i === Math.min(text.length, 5));
    });
  }

  // A form whose button waits for the ticks and the code, and says what is missing.
  function gate(form) {
    var button = doc.querySelector("[data-gate-button]");
    if (!button) return;
    var ticks = all("input[data-need]", form).filter(function (box) { return !box.checked; }).length;
    var code = form.querySelector(".code input"), left = code ? 6 - code.value.length : 0;
    button.disabled = ticks > 0 || left > 0;
    var say = ticks > 0 ? button.dataset.ticks.replace("{n}", ticks) : left > 0 ? button.dataset.digits.replace("{n}", left) : button.dataset.ready;
    button.textContent = say;
  }

  // A dial: a range, its typed value and the two steps say the same number.
  function dial(range) {
    var typed = doc.getElementById(range.dataset.typed), unit = range.dataset.say;
    function say() { if (unit) range.setAttribute("aria-valuetext", unit.replace("{n}", range.value)); }
    function told() { typed.value = range.value; say(); }
    function move(steps) {
      range.value = Number(range.value) + steps * Number(range.step);
      told();
      range.dispatchEvent(new Event("change", { bubbles: true }));
    }
    say();
    range.addEventListener("input", told);
    range.addEventListener("keydown", function (event) {
      var ten = { PageUp: 10, PageDown: -10 }[event.key];
      if (!ten) return;
      event.preventDefault();
      move(ten);
    });
    typed.addEventListener("input", function () { if (typed.value !== "") { range.value = typed.value.replace(/[,¥￥%％\s]/g, ""); say(); } });
    all("[data-step-of='" + range.id + "']").forEach(function (button) {
      button.addEventListener("click", function () { move(Number(button.dataset.by)); });
    });
  }

  // The time machine: days from the first date to the typed date and back.
  function machine(range) {
    var typed = doc.getElementById(range.dataset.date), from = new Date(range.dataset.from + "T00:00:00Z");
    range.addEventListener("input", function () {
      typed.value = new Date(from.getTime() + Number(range.value) * 864e5).toISOString().slice(0, 10);
    });
    range.addEventListener("change", function () { typed.form.requestSubmit(); });
  }

  // What was typed survives a lost connection and a reload until the form is sent; codes and personal fields never are kept.
  function keep(form) {
    var name = "puhui:" + form.dataset.keep, kept = {};
    try { kept = JSON.parse(sessionStorage.getItem(name) || "{}"); } catch (e) { kept = {}; }
    all("[data-kept]", form).forEach(function (field) {
      if (field.value === "" && kept[field.name]) field.value = kept[field.name];
      field.addEventListener("input", function () {
        kept[field.name] = field.value;
        try { sessionStorage.setItem(name, JSON.stringify(kept)); } catch (e) { /* full or forbidden */ }
      });
    });
    form.addEventListener("submit", function () { sessionStorage.removeItem(name); });
  }

  function start(inside) {
    all(".code", inside).forEach(function (code) {
      paint(code);
      code.querySelector("input").addEventListener("input", function () { paint(code); });
    });
    all("form[data-gate]", inside).forEach(function (form) {
      gate(form);
      form.addEventListener("input", function () { gate(form); });
      form.addEventListener("change", function () { gate(form); });
    });
    all("input[data-typed]", inside).forEach(dial);
    all("input[data-date]", inside).forEach(machine);
    all("form[data-keep]", inside).forEach(keep);
    all(".note.brick a[href^='#f-']", inside).forEach(function (link) { // which field is meant, where there are many
      var label = doc.querySelector("label[for='" + link.hash.slice(1) + "']");
      if (label) link.textContent = label.textContent + (root.lang === "en" ? ": " : "：") + link.textContent;
    });
    all("[data-print]", inside).forEach(function (button) { button.addEventListener("click", function () { window.print(); }); });
    all("[data-seconds]", inside).forEach(function (place) {
      var left = Number(place.dataset.seconds), button = place.querySelector("button");
      (function count() {
        place.querySelector("span").textContent = left > 0 ? place.dataset.say.replace("{n}", left) : "";
        if (button) button.hidden = left > 0;
        if (left > 0) { left -= 1; setTimeout(count, 1000); }
      })();
    });
  }

  // One press sends once; a second press of the same rendering is swallowed here and answered alike on the server.
  doc.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(function () { delete form.dataset.sent; }, 8000);
  });
  window.addEventListener("pageshow", function () { all("form[data-sent]").forEach(function (form) { delete form.dataset.sent; }); });

  // Offline bar.
  function offline(on) { var place = doc.getElementById("offline"); if (place) place.hidden = !on; }
  doc.addEventListener("htmx:sendError", function () { offline(true); });
  doc.addEventListener("htmx:afterRequest", function (event) { if (event.detail.successful) offline(false); });
  window.addEventListener("online", function () { offline(false); });
  window.addEventListener("offline", function () { offline(true); });

  // Staff keyboard: ? shows the keys, / searches, J and K walk the rows, Enter opens; a letter presses what carries it (data-key).
  doc.addEventListener("keydown", function (event) {
    if (!doc.body.classList.contains("staff") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) return;
    var rows = all("tr[data-href]"), at = rows.findIndex(function (row) { return row.getAttribute("aria-selected") === "true"; });
    if (event.key === "/") { var search = doc.getElementById("search"); if (search) { event.preventDefault(); search.focus(); } }
    if (event.key === "?") { var keys = doc.getElementById("keys"); if (keys) { event.preventDefault(); keys.open ? keys.close() : keys.showModal(); } return; }
    if (doc.querySelector("dialog[open]")) return;
    var act = /^[a-z]$/.test(event.key) && doc.querySelector("[data-key='" + event.key + "']");
    if (act) { event.preventDefault(); if (/INPUT|TEXTAREA|SELECT/.test(act.tagName)) act.focus(); else act.click(); return; }
    if (event.key === "Enter" && at >= 0) location.href = rows[at].dataset.href;
    if ((event.key === "j" || event.key === "k") && rows.length) {
      var next = Math.max(0, Math.min(rows.length - 1, at + (event.key === "j" ? 1 : -1)));
      rows.forEach(function (row, i) { row.setAttribute("aria-selected", i === next ? "true" : "false"); });
      rows[next].scrollIntoView({ block: "nearest" });
    }
  });

  doc.addEventListener("DOMContentLoaded", function () { start(doc); });
  doc.addEventListener("htmx:load", function (event) { if (event.target !== doc.body) start(event.target); });
})();
