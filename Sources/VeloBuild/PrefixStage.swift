import SystemPackage
import VeloCore
import VeloFormula
import VeloSystem

/// Fills a prefix that only one build sees: dependencies poured and linked, in order.
struct PrefixStage {
    let prefix: Prefix
    let events: @Sendable (BuildEvent) -> Void

    func pour(_ dependencies: [BuildRequest.DependencyBottle]) throws {
        for dependency in dependencies {
            let formula = dependency.formula
            events(.line("pouring \(formula.name) \(formula.pkgVersion)"))
            let bottle = BottleFile(
                name: formula.name, pkgVersion: formula.pkgVersion, file: dependency.file, tab: dependency.tab,
                cellar: dependency.cellar)
            _ = try pour(bottle, formula)
        }
        // A formula without dependencies gets the loader's link, too: its programs name it.
        try LoaderLink.install(in: prefix)
    }

    /// Formulae that the host stands in for are found at their place in `opt`, as links to its commands: formulae name
    /// their tools by path.
    func standIn(for externals: [String: String]) throws {
        for (name, commands) in externals {
            let place = prefix.absolute("opt/\(name)")
            guard !FileTree.exists(place) else { continue }
            try FileTree.makeFolder(place.appending("bin"))
            for command in commands.split(separator: " ") {
                try FileTree.makeLink(place.appending("bin").appending(String(command)), to: "/usr/bin/\(command)")
            }
        }
    }

    func pour(_ built: BuiltBottle, of formula: Formula) throws -> Keg {
        let bottle = BottleFile(
            name: formula.name, pkgVersion: formula.pkgVersion, file: built.file, tab: built.tab, cellar: built.cellar)
        return try pour(bottle, formula)
    }

    private func pour(_ bottle: BottleFile, _ formula: Formula) throws -> Keg {
        let keg = try Pourer(prefix: prefix).pour(bottle, record: PourRecord(installedOnRequest: false, time: 1))
        try Linker(prefix: prefix).link(keg, kegOnly: formula.isKegOnly, overwrite: formula.linkOverwrite)
        return keg
    }
}

/// The files below the prefix's `etc` and `var` that a build adds: they travel in the keg, in `.bottle`, and are copied
/// where they belong when it is poured.
struct ConfigurationFiles {
    private let prefix: Prefix
    private let before: Set<String>
    private static let folders = ["etc", "var"]

    /// Remembers what is there before the build.
    init(prefix: Prefix) throws {
        self.prefix = prefix
        before = try Self.list(prefix)
    }

    /// Copies what is new into the keg.
    func collect(into keg: FilePath) throws {
        for path in try Self.list(prefix).subtracting(before).sorted() {
            let source = prefix.absolute(path)
            guard try FileTree.status(source)?.kind == .file else { continue }
            var target = keg.appending(".bottle")
            for component in path.split(separator: "/") { target.append(String(component)) }
            try FileTree.makeFolder(target.removingLastComponent())
            try FileTree.copyFile(source, to: target)
        }
    }

    private static func list(_ prefix: Prefix) throws -> Set<String> {
        var found: Set<String> = []
        for folder in folders where FileTree.exists(prefix.absolute(folder)) {
            try FileTree.walk(prefix.absolute(folder)) { relative, _, _ in
                // velo's own records are not the build's.
                guard folder != "var" || !["homebrew", "velo"].contains(relative) else { return false }
                found.insert("\(folder)/\(relative)")
                return true
            }
        }
        return found
    }
}
