import ArgumentParser
import VeloCore
import VeloFormula
import VeloSystem

struct InfoCommand: ProgramCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Tell about packages: what they are, what they need, what is installed.")

    @Argument(help: ArgumentHelp("Formulae, by name, alias or `user/tap/name`.", valueName: "name"))
    var names: [String]

    @OptionGroup var place: PrefixOptions
    @OptionGroup var source: CatalogOptions
    @OptionGroup var format: JSONOptions
    @OptionGroup var output: OutputOptions

    var flags: [SettingKey: String] { place.flags.merging(source.flags) { $1 } }
    var printsJSON: Bool { format.json }

    func run(in session: Session) async throws {
        let catalog = try await source.catalog(.names(names), in: session)
        var formulae: [CatalogFormula] = []
        var problems: [any Problem] = []
        for name in names {
            do throws(CatalogError) { formulae.append(try catalog.formula(name)) } catch { problems.append(error) }
        }
        if format.json {
            try Problems.throwIfAny(problems)
            let entries = try formulae.map { formula in
                Entry(
                    formula: formula,
                    installed: try Inventory.package(formula.name, in: session.prefix).map(InstalledPackage.init))
            }
            return session.console.data(try JSONText.of(Document(formulae: entries)))
        }
        for (index, formula) in formulae.enumerated() {
            if session.console.verbosity == .quiet {
                session.console.data(formula.name)
            } else {
                if index > 0 { session.console.data("") }
                let installed = try Inventory.package(formula.name, in: session.prefix)
                Self.lines(formula, installed, session).forEach { session.console.data($0) }
            }
        }
        try Problems.throwIfAny(problems)
    }

    private static func lines(
        _ formula: CatalogFormula, _ installed: Inventory.Package?, _ session: Session
    ) -> [String] {
        let style = session.console.outputStyle
        var lines = [style("\(formula.name) \(formula.pkgVersion)", .strong)]
        if let desc = formula.desc { lines.append(desc) }
        var table = Table()
        func add(_ title: String, _ text: String?) {
            if let text, !text.isEmpty { table.add("\(title):", text) }
        }
        add("homepage", formula.homepage)
        add("licence", formula.license)
        add("tap", formula.tap)
        add("also called", formula.aliases.joined(separator: ", "))
        add("needs", formula.dependencies.joined(separator: ", "))
        add("to build", formula.buildDependencies.joined(separator: ", "))
        add("not beside", formula.conflictsWith.joined(separator: ", "))
        add(formula.isDisabled ? "disabled" : "deprecated", formula.deprecation)
        add("not linked", formula.kegOnly)
        add("bottle", bottle(formula, session.host.bottleTag))
        add("installed", installed.map { state($0) } ?? "no")
        lines += table.lines(width: nil)
        if let caveats = formula.caveats(at: session.prefix.path) {
            lines += ["", TerminalText.harmless(caveats, keepsLines: true)]
        }
        return lines
    }

    private static func bottle(_ formula: CatalogFormula, _ tag: String) -> String {
        guard let bottle = formula.bottles.first(where: { [tag, "all"].contains($0.platform) }) else {
            return "none for \(tag) yet; it is built when it is installed"
        }
        return "\(bottle.platform), \(Quantity.bytes(bottle.size)), \(Quantity.bytes(bottle.installedSize)) installed"
    }

    private static func state(_ package: Inventory.Package) -> String {
        let how = package.isOnRequest ? "on request" : "as a dependency"
        return "\(package.current.pkgVersion), \(how)\(package.isLinked ? "" : ", not linked")"
    }

    private struct Document: Encodable {
        var schema = 1
        var formulae: [Entry]
    }

    private struct Entry: Encodable {
        var formula: CatalogFormula
        var installed: InstalledPackage?
    }
}
