"""What the build of a package.json makes: a site of its own (and where), files for another site, or a server."""

import re

from . import servers, workspaces
from .tree import join, parent, part

NO_TEST = "no test specified"
# Dependency → (name, where it writes the site). The first that is there counts: frameworks before what they build with.
FRAMEWORKS = {
    "@angular/core": ("Angular", "dist"),
    "@docusaurus/core": ("Docusaurus", "build"),
    "astro": ("Astro", "dist"),
    "gatsby": ("Gatsby", "public"),
    "next": ("Next.js", "out"),
    "nuxt": ("Nuxt", ".output/public"),
    "nuxt3": ("Nuxt", ".output/public"),
    "@sveltejs/kit": ("SvelteKit", "build"),
    "@react-router/dev": ("React Router", "build/client"),
    "@remix-run/dev": ("Remix", "build/client"),
    "vitepress": ("VitePress", ".vitepress/dist"),
    "vuepress": ("VuePress", ".vuepress/dist"),
    "@quasar/app-vite": ("Quasar", "dist/spa"),
    "@quasar/app-webpack": ("Quasar", "dist/spa"),
    "@11ty/eleventy": ("Eleventy", "_site"),
    "hexo": ("Hexo", "public"),
    "ember-cli": ("Ember", "dist"),
    "react-scripts": ("Create React App", "build"),
    "react-app-rewired": ("Create React App", "build"),
    "@craco/craco": ("Create React App", "build"),
    "@vue/cli-service": ("Vue CLI", "dist"),
    "preact-cli": ("Preact CLI", "build"),
    "@rsbuild/core": ("Rsbuild", "dist"),
    "parcel": ("Parcel", "dist"),
    "parcel-bundler": ("Parcel", "dist"),
    "snowpack": ("Snowpack", "build"),
    "html-webpack-plugin": ("webpack", "dist"),
    "html-rspack-plugin": ("Rspack", "dist"),
    "vite": ("Vite", "dist"),
    "storybook": ("Storybook", "storybook-static"),
}
# The scripts that build a site, the first that is there; by what it is built with.
SCRIPTS = {
    None: ("build",),
    "Nuxt": ("generate", "build"),
    "Storybook": ("build-storybook", "storybook:build"),
}
USUAL_SCRIPTS = ("build", "docs:build", "export", "production", "prod")
# Their public/index.html is what the build fills in, no page.
TEMPLATES = frozenset({"Create React App", "Vue CLI", "Quasar", "Ember", "webpack", "Rspack", "Preact CLI"})
# What writes the assets of a PHP application.
ASSETS = frozenset({"laravel-vite-plugin", "laravel-mix", "@symfony/webpack-encore", "vite-plugin-symfony"})
# Of folders with a front end, the likeliest first.
NAMES = tuple(
    """
    frontend front-end front client web webapp ui app site www
    """.split()
)
OUTPUTS = ("dist", "build", "out", ".output/public", "_site")
CONFIGS = tuple(
    """
    vite.config vue.config next.config astro.config svelte.config webpack.config rsbuild.config nuxt.config
    react-router.config .eleventy eleventy.config
    """.split()
)


def dependencies(manifest):
    return {**part(manifest, "dependencies"), **part(manifest, "devDependencies")}


def configuration(tree, folder):
    """The texts of the builders' configurations, without comments."""
    names = (name for name in tree.files_in(folder) if name.startswith(CONFIGS))
    text = "\n".join(tree.text(join(folder, name)) for name in names)
    return re.sub(r"(?m)(^|[\s;{,])//.*$|/\*[\s\S]*?\*/", r"\1", text)


def build_script(manifest, framework=None):
    """The script that builds the site, None without one."""
    scripts = part(manifest, "scripts")
    names = SCRIPTS.get(framework, USUAL_SCRIPTS)
    return next((name for name in names if isinstance(scripts.get(name), str) and scripts[name].strip()), None)


def of(tree, folder):
    """{"framework", "dist", "template", "server"} of a folder's package.json whose build writes a site, or None.

    `server` is why what is built cannot be shown without Node, or None; `template` that public/index.html is no page.
    """
    manifest = tree.object(join(folder, "package.json"))
    wanted = dependencies(manifest)
    if not manifest or ASSETS & set(wanted):
        return None
    config = configuration(tree, folder)
    used = [name for name in FRAMEWORKS if name in wanted]
    if _is_library(tree, folder, config):
        # What Vite builds is for others; its stories are pages.
        used = [name for name in used if name == "storybook"]
        if not used:
            return None
    # Of two, what has a script: stories are built beside an application, or alone.
    named = next((name for name in used if build_script(manifest, FRAMEWORKS[name][0])), None)
    framework, dist = FRAMEWORKS[named] if named else (None, None)
    script = build_script(manifest, framework)
    if not script:
        return None
    member = None if framework else _of_workspace(tree, folder)
    if member:
        return member
    command = part(manifest, "scripts")[script]
    return {
        "framework": framework,
        "dist": _dist(tree, folder, framework, dist, config, command),
        "template": framework in TEMPLATES,
        "server": _server(tree, folder, manifest, framework, config, command),
    }


def _is_library(tree, folder, config):
    """Whether Vite's configuration builds a package, and no page."""
    return re.search(r"\blib\s*:\s*\{", config) is not None and join(folder, "index.html") not in tree.files


def _of_workspace(tree, folder):
    """What the build of a whole workspace makes: the site of one of its members."""
    fronts = [of(tree, member) for member in sorted(workspaces.members(tree, folder))]
    sites = [front for front in fronts if front and front["framework"] and not front["server"]]
    return min(sites, key=lambda front: (_rank(front["dist"]), front["dist"])) if sites else None


def _rank(dist):
    """By the names in its path, those that a front end usually has first."""
    names = dist.lower().split("/")
    return min((place for place, name in enumerate(NAMES) if name in names), default=len(NAMES))


def _dist(tree, folder, framework, usual, config, command):
    if framework == "Angular":
        usual = _angular(tree.object(join(folder, "angular.json"))) or usual
    said = re.search(r"--(?:out-?dir|dist-dir|dest|output(?:-path)?)[ =]+['\"]?([\w./-]+)", command, re.I)
    key = r"(?:outDir|outputDir|distDir|pages)\s*[:=]\s*['\"]([\w./-]+)['\"]"
    said = said or re.search(key, config) if framework != "Next.js" else None
    if framework == "Eleventy":
        said = said or re.search(r"\boutput\s*:\s*['\"]([\w./-]+)['\"]", config)
    said = said or (
        re.search(r"path\.(?:resolve|join)\(\s*__dirname\s*,\s*['\"]([\w./-]+)['\"]", config)
        if framework in ("webpack", "Rspack")
        else None
    )
    if framework in ("VitePress", "VuePress"):
        usual = join(next((name for name in ("docs", "doc") if tree.resolve(join(folder, name))), "."), usual)
    path = join(folder, said[1] if said else usual or "dist")
    return path if not path.startswith("..") and path != folder else join(folder, usual or "dist")


def _angular(workspace):
    """Where the application that is built by default is written."""
    projects = part(workspace, "projects")
    name = workspace.get("defaultProject") or next(iter(projects), None)
    build = part(part(part(projects, name), "architect") or part(part(projects, name), "targets"), "build")
    path = part(build, "options").get("outputPath") or (f"dist/{name}" if name else None)
    browser = str(build.get("builder")).endswith(":application")
    if isinstance(path, dict):
        browser, path = path.get("browser", "browser"), path.get("base", "dist")
        return f"{path}/{browser}" if browser else path
    return f"{path}/browser" if path and browser else path


def tests_in_node(tree, folder):
    """Whether Angular's tests run with a page of their own in Node, in place of a browser."""
    projects = part(tree.object(join(folder, "angular.json")), "projects").values()
    tests = [part(part(each, "architect") or part(each, "targets"), "test") for each in projects if isinstance(each, dict)]
    wanted = dependencies(tree.object(join(folder, "package.json")))
    return (
        any(test for test in tests)
        and all(str(test.get("builder")).endswith(":unit-test") for test in tests if test)
        and not any(part(test, "options").get("browsers") for test in tests)
        and bool({"jsdom", "happy-dom"} & set(wanted))
    )


def _server(tree, folder, manifest, framework, config, command):
    wanted = dependencies(manifest)
    exported = re.search(r"\boutput\s*:\s*['\"]export['\"]", config) or "next export" in command
    if framework == "Next.js" and not exported:
        return "Next.js without output: 'export' in next.config is a Node server"
    if framework == "Nuxt" and command.strip().startswith("nuxt build") and not re.search(r"ssr\s*:\s*false", config):
        return 'Nuxt without a script "generate" is a Node server'
    if framework == "SvelteKit" and "@sveltejs/adapter-static" not in wanted:
        return "SvelteKit without @sveltejs/adapter-static is a Node server"
    if framework == "Astro" and re.search(r"\boutput\s*:\s*['\"]server['\"]", config):
        return "Astro with output: 'server' is a Node server"
    if framework in ("React Router", "Remix") and not re.search(r"\bssr\s*:\s*false", config):
        return f"{framework} without ssr: false is a Node server"
    return None if framework else servers.node(tree, folder)


def is_source(tree, folder, front, index):
    """Whether an index.html is what a build reads or writes, no page that can be shown as it is."""
    if not front:
        return False
    if parent(index) == front["dist"]:
        return True
    text = tree.text(index)
    if re.search(r"%(PUBLIC_URL|BASE_URL|sveltekit\.[a-z]+|VITE_\w+)%|<%[-=]", text):
        return True
    if re.search(r"""<script[^>]+src=["'](?:\.?/)?(?:src/[^"']+|[^"']+\.(?:tsx?|jsx|vue))["']""", text):
        return True
    if index == join(folder, "index.html"):
        return front["framework"] in ("Vite", "Parcel", "Angular", "Snowpack", "Quasar")
    return front["template"] or front["framework"] in ("Vite", "Astro", "Gatsby", "Next.js", "Nuxt", "SvelteKit")
