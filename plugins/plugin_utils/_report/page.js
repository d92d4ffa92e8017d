"use strict";
(() => {
  const made = document.getElementById("made");
  const hours = (Date.now() - Date.parse(made.dateTime)) / 3600000;
  const age = document.getElementById("age");
  if (hours >= 1) {
    const days = Math.floor(hours / 24);
    const [count, unit] = days ? [days, "day"] : [Math.floor(hours), "hour"];
    age.textContent = `${count} ${unit}${count === 1 ? "" : "s"} ago`;
    age.className = days >= 2 ? "bad" : "sub";
  }

  const form = document.getElementById("filter");
  if (!form) return;
  const words = document.getElementById("words");
  const open = document.getElementById("open");
  const left = document.getElementById("left");
  const hosts = [...document.querySelectorAll("#fleet tbody")].map((body) => ({
    body, text: body.textContent.toLowerCase(), open: body.className === "unprotected", shown: true,
  }));
  const apply = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const host of hosts) {
      const shown = (host.open || !open.checked) && wanted.every((word) => host.text.includes(word));
      if (shown !== host.shown) host.body.hidden = !shown;
      host.shown = shown;
      count += shown;
    }
    left.textContent = `${count} of ${hosts.length} shown`;
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", apply);
  form.hidden = false;
  apply();
})();
