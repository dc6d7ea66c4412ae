"use strict";
// Sort buttons and the filter of the board. Without scripts the page is complete.
(() => {
  const valueOf = (row, column) => {
    const cell = row.cells[column];
    const value = cell.dataset.v ?? cell.textContent.trim();
    const number = Number(value);
    return value !== "" && !Number.isNaN(number) ? number : value.toLowerCase();
  };
  const compare = (x, y) => {
    if (typeof x === typeof y) return x < y ? -1 : x > y ? 1 : 0;
    return typeof x === "number" ? -1 : 1;
  };
  const sortBy = (table, header, column) => {
    const down = header.getAttribute("aria-sort") !== "descending";
    table.querySelectorAll("th[aria-sort]").forEach((th) => th.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter((row) => !row.classList.contains("rowgroup"));
      rows.sort((x, y) => compare(valueOf(x, column), valueOf(y, column)) * (down ? -1 : 1));
      body.append(...rows);
    }
  };
  document.querySelectorAll("table[data-sortable]").forEach((table) => {
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      button.addEventListener("click", () => sortBy(table, header, column));
      header.append(button);
    });
  });
  const input = document.getElementById("board-filter");
  if (input) {
    const shown = document.getElementById("board-shown");
    const rows = [...document.querySelectorAll("#board-table tbody tr:not(.rowgroup)")];
    const apply = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let n = 0;
      rows.forEach((row) => {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) n += 1;
      });
      shown.textContent = `${n} of ${rows.length} pairs shown`;
    };
    input.closest("form").hidden = false;
    input.closest("form").addEventListener("submit", (event) => event.preventDefault());
    input.addEventListener("input", apply);
    apply();
  }
  const closed = [];
  addEventListener("beforeprint", () => {
    document.querySelectorAll("details:not([open])").forEach((details) => {
      details.open = true;
      closed.push(details);
    });
  });
  addEventListener("afterprint", () => closed.splice(0).forEach((details) => {
    details.open = false;
  }));
})();
