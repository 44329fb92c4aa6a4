import VeloCore
import VeloFormula

/// The page at `/`: taps, recent builds and bottles, as plain HTML without scripts.
struct FarmPage {
    var status: FarmStatus
    var taps: [TapReport]
    var bottles: [BottleRow]
    var builds: [BuildStatus]
    /// Seconds since 1970.
    var now: Double

    /// Bottles shown; the catalog has all of them.
    private static let bottleLimit = 200

    var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>velod</title>
        <style>\(Self.style)</style>
        </head>
        <body>
        <h1>velod <small>\(Self.escaped(status.platform))</small></h1>
        <p>\(jobLine)</p>
        <h2>Use it</h2>
        <p>velo: <code>export VELO_MIRROR=\(Self.escaped(status.url))</code></p>
        <p>brew: <code>export HOMEBREW_ARTIFACT_DOMAIN=\(Self.escaped(status.url))</code></p>
        <h2>Recent builds</h2>
        \(buildList)
        <h2>Taps</h2>
        \(tapList)
        <h2>Bottles (\(status.bottles), \(Self.bytes(status.bottleBytes)))</h2>
        \(bottleList)
        <p><a href="/catalog/v1/catalog.json">catalog</a> · <a href="/farm/v1/status">status</a> ·
        <a href="/metrics">metrics</a></p>
        </body>
        </html>

        """
    }

    private var jobLine: String {
        let counts = ["running", "ready", "waiting", "failed"].map { "\(status.jobs[$0] ?? 0) \($0)" }
        return "Jobs: " + counts.joined(separator: ", ") + ". Workers: \(status.workers)."
    }

    private var buildList: String {
        if builds.isEmpty { return "<p>None yet. Order one with <code>velod build NAME</code>.</p>" }
        return "<ul>" + builds.map(entry).joined(separator: "\n") + "</ul>"
    }

    private func entry(_ build: BuildStatus) -> String {
        let age = Self.duration((build.finished ?? now) - build.created)
        let head = "<b>\(Self.escaped(build.formula))</b> \(build.state.rawValue) · \(age)"
        guard !build.jobs.isEmpty else { return "<li>\(head) · every bottle was there already</li>" }
        let jobs = build.jobs.map { job in
            let words = [
                job.state.rawValue, job.state == .running ? job.phase : nil, job.failure?.message ?? job.reason,
            ]
            .compactMap { $0 }.map(Self.escaped).joined(separator: ": ")
            let log = job.started == nil ? "" : " · <a href=\"/\(JobQueue.logPath(job.id))\">log</a>"
            return "<li>\(Self.escaped(job.formula)) \(Self.escaped(job.pkgVersion)) · \(words)\(log)</li>"
        }
        return "<li>\(head)<ul>\(jobs.joined(separator: "\n"))</ul></li>"
    }

    private var tapList: String {
        if taps.isEmpty { return "<p>None yet. Add one with <code>velod tap add PATH-OR-URL</code>.</p>" }
        return "<ul>"
            + taps.map { tap in
                let commit = tap.commit.map { " at <code>\(Self.escaped(String($0.prefix(12))))</code>" } ?? ""
                let head = "<b>\(Self.escaped(tap.name))</b>, \(tap.formulae) formulae\(commit)"
                let problems = tap.problems.prefix(20).map { "<pre>\(Self.escaped($0.message))</pre>" }.joined(
                    separator: "\n")
                let more =
                    tap.problems.isEmpty
                    ? "" : "<details><summary>\(tap.problems.count) not usable</summary>\(problems)</details>"
                return "<li>\(head)\(more)</li>"
            }.joined(separator: "\n") + "</ul>"
    }

    private var bottleList: String {
        if bottles.isEmpty { return "<p>None yet.</p>" }
        let rows = bottles.prefix(Self.bottleLimit).map { bottle in
            let name = "\(Self.escaped(bottle.formula)) \(Self.escaped(bottle.pkgVersion))"
            let link = bottle.name.map { "<a href=\"/bottles/\(Self.escaped($0.flatFilename))\">\(name)</a>" } ?? name
            return "<li>\(link) · \(Self.escaped(bottle.platform)) · \(Self.bytes(bottle.size))</li>"
        }
        let rest = bottles.count > Self.bottleLimit ? "<p>… and \(bottles.count - Self.bottleLimit) more.</p>" : ""
        return "<ul>\(rows.joined(separator: "\n"))</ul>\(rest)"
    }

    private static let style = """
        body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:1rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}
        h1 small{font-weight:normal;color:#666}h2{margin-top:2rem;font-size:1.1rem}
        li,p,code{overflow-wrap:anywhere}ul{padding-left:1.2rem}pre{white-space:pre-wrap;background:#f4f4f4;padding:.5rem}
        @media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}pre{background:#262626}a{color:#8ab4f8}}
        """

    /// Text inside an element or a quoted attribute.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private static func bytes(_ count: Int) -> String {
        switch count {
        case ..<1_000: "\(count) B"
        case ..<1_000_000: "\(count / 1_000) kB"
        case ..<1_000_000_000: "\(count / 1_000_000) MB"
        default: "\(count / 1_000_000_000) GB"
        }
    }

    private static func duration(_ seconds: Double) -> String {
        let whole = max(0, Int(seconds))
        return whole < 60
            ? "\(whole) s" : whole < 3600 ? "\(whole / 60) min" : "\(whole / 3600) h \(whole / 60 % 60) min"
    }
}
