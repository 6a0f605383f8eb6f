/* Unfold under a strict content security policy.

   The build of Alpine that needs no eval() reads most of Unfold's expressions. This file registers
   Unfold's component functions under their names and replaces the few expressions that the reader of that
   build refuses: arrow functions, several statements in one, and globals such as window or localStorage. */
(() => {
  "use strict";
  const SIDEBAR = "sidebarDesktopOpen";

  document.addEventListener("alpine:init", () => {
    const Alpine = window.Alpine;
    for (const name of ["theme", "searchForm", "searchDropdown", "searchCommand"]) {
      if (typeof window[name] === "function") Alpine.data(name, window[name]);
    }

    const body = document.body;
    const startTab = (/activeTab:\s*'([^']*)'/.exec(body.getAttribute("x-data") || "") || [])[1] || "";
    Alpine.data("unfoldPage", () => ({
      activeTab: (typeof window.getCurrentTab === "function" && window.getCurrentTab()) || startTab,
      sidebarMobileOpen: false,
      sidebarDesktopOpen: localStorage.getItem(SIDEBAR) !== "0",
      init() {
        this.$watch(SIDEBAR, (open) => localStorage.setItem(SIDEBAR, open ? "1" : "0"));
      },
      toggleDesktopSidebar() {
        this.sidebarDesktopOpen = !this.sidebarDesktopOpen;
      },
      toggleMobileSidebar() {
        this.sidebarMobileOpen = !this.sidebarMobileOpen;
      },
    }));
    body.setAttribute("x-data", "unfoldPage");
    body.removeAttribute("x-init");

    // A form keeps its address; the tab that was open is not remembered over a save.
    for (const form of document.querySelectorAll("form[x-bind\\:action]")) form.removeAttribute("x-bind:action");
    // A style attribute set from a string is refused by the policy.
    for (const bar of document.querySelectorAll("[x-bind\\:style]")) bar.removeAttribute("x-bind:style");
  });
})();
