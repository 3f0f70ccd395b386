// Builds dist/: one stylesheet, the scripts, the NHS images. No request leaves the host.
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { compile } from "sass"

const here = dirname(fileURLToPath(import.meta.url))
const nhsuk = join(here, "node_modules/nhsuk-frontend/dist/nhsuk")
const finished = join(here, "dist")
const dist = join(here, `dist.${process.pid}`) // a build that fails leaves the last one standing

mkdirSync(dist)

const styles = compile(join(here, "app.scss"), {
  loadPaths: [join(here, "node_modules")],
  quietDeps: true,
  style: "compressed",
})
if (/https?:\/\/(?!www\.w3\.org)/.test(styles.css)) throw new Error("the stylesheet names another host")
writeFileSync(join(dist, "app.css"), styles.css)

const library = readFileSync(join(nhsuk, "nhsuk-frontend.min.js"), "utf8").replace(/export\{[^}]*\};[\s\S]*$/, "")
const inlined = `const { initAll } = (() => {${library}\nreturn { initAll } })()`
const ours = readFileSync(join(here, "app.js"), "utf8")
const bundle = ours.replace(/^import \{ initAll \} from "nhsuk-frontend"$/m, () => inlined)
if (bundle === ours || library.includes("export{")) throw new Error("nhsuk-frontend could not be inlined")
writeFileSync(join(dist, "app.js"), bundle)

for (const script of ["supported.js", "sums.js", "progress.js"]) cpSync(join(here, script), join(dist, script))
cpSync(join(nhsuk, "assets/images"), join(dist, "images"), { recursive: true })

rmSync(finished, { recursive: true, force: true })
renameSync(dist, finished)
