package import ArgumentParser
import SystemPackage
import VeloCore
import VeloFormula
import VeloSystem

/// Options of every command: how it talks.
package struct OutputOptions: ParsableArguments, Sendable {
    @Flag(name: .shortAndLong, help: "Print names only, and errors.")
    package var quiet = false

    @Flag(name: .shortAndLong, help: "Print more about what happens.")
    package var verbose = false

    @Option(help: "Use colour: auto, always or never.")
    package var color: String?

    package init() {}

    var flags: [SettingKey: String] { color.map { [.color: $0] } ?? [:] }
}

/// Where it is installed.
struct PrefixOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The folder to install into.", valueName: "path"))
    var prefix: String?

    var flags: [SettingKey: String] { prefix.map { [.prefix: $0] } ?? [:] }
}

/// Where bottles come from.
struct MirrorOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A mirror's address; may be given several times, in order.", valueName: "url"))
    var mirror: [String] = []

    var flags: [SettingKey: String] { mirror.isEmpty ? [:] : [.mirror: mirror.joined(separator: ",")] }
}

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
        let root = try Host.workingFolder().pushing(FilePath(tap)).lexicallyNormalized()
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

struct ProgressOptions: ParsableArguments {
    @Option(help: "Show progress: auto, bar, plain or none.")
    var progress: String?

    var flags: [SettingKey: String] { progress.map { [.progress: $0] } ?? [:] }
}

/// For commands that read.
struct JSONOptions: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false
}
