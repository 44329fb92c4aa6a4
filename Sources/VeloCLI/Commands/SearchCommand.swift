import ArgumentParser
import VeloCore
import VeloSystem

struct SearchCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Find packages by name and description.",
        discussion: "Names come first; if nothing fits, names that are nearly so. Without a text, all are listed.")

    @Argument(help: "A part of a name or description.")
    var text: String = ""

    @OptionGroup var place: PrefixOptions
    @OptionGroup var source: CatalogOptions
    @OptionGroup var format: JSONOptions
    @OptionGroup var output: OutputOptions

    var flags: [SettingKey: String] { place.flags.merging(source.flags) { $1 } }
    var printsJSON: Bool { format.json }

    func run(in session: Session) async throws {
        let found = try await source.catalog(.all, in: session).search(text)
        let inventory = try Inventory(of: session.prefix)
        if format.json {
            let hits = found.map { formula in
                Hit(
                    name: formula.name, version: formula.pkgVersion, desc: formula.desc, tap: formula.tap,
                    isInstalled: inventory[formula.name] != nil)
            }
            return session.console.data(try JSONText.of(Document(found: hits)))
        }
        guard !found.isEmpty else { throw SearchError.nothing(text) }
        guard session.console.verbosity != .quiet else { return found.forEach { session.console.data($0.name) } }
        var table = Table()
        for formula in found {
            table.add(
                formula.name, formula.pkgVersion, inventory[formula.name] == nil ? "" : "installed", formula.desc ?? "")
        }
        table.lines(width: Terminal.width(.output)).forEach { session.console.data($0) }
    }

    private struct Document: Encodable {
        var schema = 1
        var found: [Hit]
    }

    private struct Hit: Encodable {
        var name: String
        var version: String
        var desc: String?
        var tap: String
        var isInstalled: Bool
    }
}

private enum SearchError: Problem {
    case nothing(String)

    var summary: String {
        switch self {
        case .nothing(let text): "nothing is called, or described as, `\(text)`"
        }
    }

    var hints: [String] { ["see all: `velo search`"] }
}
