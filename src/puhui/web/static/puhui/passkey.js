/* Passkeys: the browser makes or shows one, and the form sends it. The conversion is the kept library's. */
(function () {
  "use strict";
  document.querySelectorAll("form[data-passkey]").forEach(function (form) {
    var button = form.querySelector("button"), field = form.querySelector("input[name=credential]");
    var said = form.querySelector("[role=status]"), options = JSON.parse(form.dataset.passkey);
    button.addEventListener("click", function (event) {
      if (field.value) return;
      event.preventDefault();
      var asked = form.dataset.act === "add" ? window.webauthnJSON.create(options) : window.webauthnJSON.get(options);
      asked.then(function (credential) {
        field.value = JSON.stringify(credential);
        form.submit();
      }).catch(function () { said.hidden = false; });
    });
  });
})();
