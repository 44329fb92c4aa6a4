import ArgumentParser
import SystemPackage
import VeloCore
import VeloFormula
import VeloSystem

/// Where a catalog comes from: mirrors, or the folder of a tap.
struct CatalogOptions: ParsableArguments {
    @OptionGroup var source: MirrorOptions

    @Option(help: ArgumentHelp("A tap's folder to ask instead of a mirror.", valueName: "dir"))
    var tap: String?

    var flags: [SettingKey: String] { source.flags }

    /// - Parameter scope: what of a tap must be current.
    func catalog(_ scope: TapCatalog.Scope, in session: Session) async throws -> Catalog {
        guard let tap else { return try await session.catalog() }
        guard let platform = PlatformTag(session.host.bottleTag)?.platform else { return try await session.catalog() }
        let place = try Host.workingFolder().pushing(FilePath(tap)).lexicallyNormalized()
        let root = try BareTap.folder(of: place, cache: session.settings.cache)
        let answer = try await TapCatalog(
            root, name: nil, context: EvaluationContext(platform: platform, date: .today()),
            cache: session.settings.cache
        ).current(scope)
        if answer.evaluated > 0 { session.console.detail("read \(answer.evaluated) formulae of \(root.string)") }
        if !answer.refusals.isEmpty {
            session.console.detail("\(answer.refusals.count) of them cannot be read; `velo formula json` says why")
        }
        if case .names(let names) = scope {
            // One that is there but cannot be read says why.
            let unreadable = names.compactMap { answer.refusals[$0] }
            for refusal in unreadable { session.console.tell(refusal) }
            if !unreadable.isEmpty { throw EarlyExit(.failed) }
        }
        return answer.catalog
    }
}
