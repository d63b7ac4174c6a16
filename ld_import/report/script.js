"use strict";
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  const search = document.getElementById("search");
  const state = document.getElementById("state");
  const shown = document.getElementById("shown");
  const none = document.getElementById("none");
  const rows = Array.from(document.getElementById("rows").rows, (row) => ({
    row,
    text: row.textContent.toLowerCase(),
    state: row.dataset.state,
    groups: row.dataset.groups.split(" "),
  }));
  const more = document.getElementById("more");
  const PAGE = 100;
  const buttons = Array.from(document.querySelectorAll("button.show"));
  let group = "";
  let limit = PAGE;

  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const item of rows) {
      const fits =
        (!state.value || item.state === state.value) &&
        (!group || item.groups.includes(group)) &&
        words.every((word) => item.text.includes(word));
      count += fits;
      item.row.hidden = !fits || count > limit;
    }
    const number = (value) => value.toLocaleString("en");
    shown.textContent =
      (count > limit ? `the first ${number(limit)} of ` : "") +
      `${number(count)} ${count === 1 ? "item" : "items"}` +
      (count < rows.length ? ` ${count === 1 ? "matches" : "match"}, of ${number(rows.length)} listed` : "") +
      (group ? " (one group)" : "");
    none.hidden = count > 0;
    more.hidden = count <= limit;
    more.textContent = `Show ${number(Math.min(PAGE, count - limit))} more`;
  };
  const renew = () => {
    limit = PAGE;
    apply();
  };
  const listed = new Set(rows.flatMap((item) => item.groups));
  for (const button of buttons) {
    button.hidden = !listed.has(button.dataset.group);
    button.addEventListener("click", () => {
      group = button.dataset.group;
      search.value = "";
      state.value = "";
      renew();
      document.getElementById("items").scrollIntoView();
    });
  }
  document.getElementById("clear").addEventListener("click", () => {
    group = "";
    form.reset();
    renew();
  });
  more.addEventListener("click", () => {
    limit += PAGE;
    apply();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", renew);
  state.addEventListener("change", renew);
  form.hidden = false;
  apply();
})();
