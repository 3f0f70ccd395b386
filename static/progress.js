// A page that waits for a file looks for itself how far it is; without this file one checks by hand.

const PAUSE = 2000
const PATIENCE = 15 * 60 * 1000 // looking keeps the session alive, so it ends after as long as a session does
const began = Date.now()

const place = () => document.querySelector("[data-progress]")

/** The bar and its words change without being announced; a new state takes the whole place, and is. */
function show(fresh) {
  const here = place()
  if (fresh.dataset.progress !== here.dataset.progress) {
    const status = here.querySelector("[role=status]")
    status.replaceChildren(...fresh.querySelector("[role=status]").childNodes)
    while (status.nextSibling) status.nextSibling.remove()
    fresh.querySelector("[role=status]").remove()
    here.append(...fresh.childNodes)
    here.dataset.progress = fresh.dataset.progress
    tidy()
    return
  }
  const [bar, newBar] = [here, fresh].map((each) => each.querySelector("progress"))
  for (const name of ["max", "value"]) if (newBar.hasAttribute(name)) bar.setAttribute(name, newBar.getAttribute(name))
  here.querySelector("#how-far").textContent = fresh.querySelector("#how-far").textContent
}

const tidy = () => place().querySelector("[data-progress-by-hand]")?.setAttribute("hidden", "")

async function look() {
  if (Date.now() - began > PATIENCE) return place().querySelector("[data-progress-by-hand]")?.removeAttribute("hidden")
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, { redirect: "manual", cache: "no-store" })
      const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-progress]")
      if (!fresh) return location.reload() // signed out, or gone: the page says it
      show(fresh)
    } catch {
      // No network: looked for again.
    }
  }
  if (place().querySelector("progress")) setTimeout(look, PAUSE)
}

tidy()
setTimeout(look, PAUSE / 2)
