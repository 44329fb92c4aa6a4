package import SystemPackage
import VeloFormula
package import VeloSystem

/// What is installed in a prefix, as its folders and links say.
package struct Inventory: Sendable {
    /// A formula with at least one keg.
    package struct Package: Sendable {
        package var name: String
        /// All of its kegs, oldest version first.
        package var kegs: [Keg]
        /// The keg that `opt/NAME` leads to, else the newest.
        package var current: Keg
        /// Whether its files are linked into the prefix.
        package var isLinked: Bool
        /// Nil when the current keg has none, or one that cannot be read.
        package var receipt: Receipt?

        package init(name: String, kegs: [Keg], current: Keg, isLinked: Bool, receipt: Receipt?) {
            self.name = name
            self.kegs = kegs
            self.current = current
            self.isLinked = isLinked
            self.receipt = receipt
        }

        package var isOnRequest: Bool { receipt?.installedOnRequest ?? true }
    }

    package var packages: [String: Package] = [:]

    /// An empty inventory, of a prefix that is still to be made.
    package init() {}

    /// Reads the Cellar. Blocking.
    package init(of prefix: Prefix) throws(SystemError) {
        guard FileTree.exists(prefix.cellar) else { return }
        for name in try FileTree.names(in: prefix.cellar) where !name.hasPrefix(".") {
            guard let package = try Self.package(name, in: prefix) else { continue }
            packages[name] = package
        }
    }

    /// Nil unless it is installed.
    package static func package(_ name: String, in prefix: Prefix) throws(SystemError) -> Package? {
        let kegs = try prefix.kegs(name)
        guard let newest = kegs.last else { return nil }
        let current = prefix.keg(linkedBy: prefix.opt(name), of: name) ?? newest
        return Package(
            name: name, kegs: kegs, current: current,
            isLinked: prefix.keg(linkedBy: prefix.linkedRecord(name), of: name) != nil,
            receipt: try? Receipt.read(current))
    }

    package subscript(name: String) -> Package? { packages[name] }

    package var sorted: [Package] { packages.values.sorted { $0.name < $1.name } }

    /// Installed packages that name one of these among what they need to run, without these themselves.
    package func dependents(of names: Set<String>) -> [Package] {
        sorted.filter { package in
            guard !names.contains(package.name) else { return false }
            return package.receipt?.runtimeDependencies?.contains { names.contains(Self.shortName($0.fullName)) }
                ?? false
        }
    }

    /// `hello` for `velo/recipes/hello`.
    package static func shortName(_ fullName: String) -> String {
        fullName.split(separator: "/").last.map(String.init) ?? fullName
    }
}

extension Prefix {
    /// All kegs of a formula, oldest version first.
    package func kegs(_ name: String) throws(SystemError) -> [Keg] {
        guard try FileTree.status(rack(name))?.kind == .folder else { return [] }
        var kegs: [Keg] = []
        for version in try FileTree.names(in: rack(name)) where !version.hasPrefix(".") {
            let keg = keg(name, version)
            if try FileTree.status(keg.location)?.kind == .folder { kegs.append(keg) }
        }
        return kegs.sorted { PkgVersion($0.pkgVersion).order(PkgVersion($1.pkgVersion)) < 0 }
    }

    /// The keg of a formula that a record (`opt/NAME`, `var/homebrew/linked/NAME`) leads to, if it is there.
    package func keg(linkedBy record: FilePath, of name: String) -> Keg? {
        guard let keg = owner(ofLink: record), keg.name == name, FileTree.exists(keg.location) else { return nil }
        return keg
    }

    /// The keg that a link in the prefix points into, whether it is there or not; nil for anything else.
    package func owner(ofLink link: FilePath) -> Keg? {
        guard let target = try? FileTree.readLink(link) else { return nil }
        return owner(ofLink: link, to: target)
    }

    func owner(ofLink link: FilePath, to target: String) -> Keg? {
        guard let relative = inside(link, target) else { return nil }
        let parts = relative.split(separator: "/").map(String.init)
        guard parts.count >= 3, parts[0] == "Cellar" else { return nil }
        return keg(parts[1], parts[2])
    }

    /// The keg that a path of the prefix belongs to, by itself or through a link on the way to it.
    package func owner(of path: FilePath) throws(SystemError) -> Keg? {
        guard let relative = relative(path), try FileTree.status(path) != nil else { return nil }
        let parts = relative.split(separator: "/").map(String.init)
        if parts.count >= 3, parts[0] == "Cellar" { return keg(parts[1], parts[2]) }
        var ancestor = path
        while ancestor != location, !ancestor.isEmpty {
            if let owner = owner(ofLink: ancestor) { return owner }
            ancestor.removeLastComponent()
        }
        return nil
    }

    /// What a link's target is, relative to the prefix; nil if it lies outside.
    func inside(_ link: FilePath, _ target: String) -> String? {
        var absolute = FilePath(target)
        if absolute.isRelative { absolute = link.removingLastComponent().pushing(absolute) }
        absolute = absolute.lexicallyNormalized()
        if let result = relative(absolute) { return result }
        guard path != location.string, absolute.removePrefix(FilePath(path)) else { return nil }
        return absolute.string
    }
}
