package import VeloFormula

/// What a formula's `install` would do, written down instead of done.
package enum Rehearsal {
    /// `{"name": …, "trace": [[operation, word, …], …]}`. Blocking.
    package static func write(
        _ file: TapFolder.File, library: TapLibrary, context: EvaluationContext, to writer: inout JSONWriter
    ) throws {
        let host = RehearsalHost()
        let loaded = try library.load(file, context: context)
        try loaded.run(
            .install, host: host, folder: RehearsalHost.buildFolder, environment: environment(loaded.formula, context))
        writer.object {
            $0.key("name")
            $0.string(file.name)
            $0.key("trace")
            $0.array { for row in host.trace { $0.strings(row) } }
        }
    }

    /// What `ENV` holds at the start, as far as formulae ask for it.
    private static func environment(_ formula: Formula, _ context: EvaluationContext) -> [String: String] {
        [
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": context.home,
            "USER": context.user, "HOMEBREW_PREFIX": context.prefix, "HOMEBREW_CELLAR": context.cellar,
            "MAKEFLAGS": "-j\(context.makeJobs)",
        ]
    }
}
