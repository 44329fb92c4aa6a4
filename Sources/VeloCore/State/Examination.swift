import SystemPackage
package import VeloSystem

/// Something that an examination found.
package struct Finding: Encodable, Sendable, Equatable {
    package enum Severity: String, Encodable, Sendable { case warning, error }
    package enum Subject: String, Encodable, Sendable {
        case prefix, path, journal, loader, link, receipt, dependency, mirror
    }

    package var severity: Severity
    package var subject: Subject
    package var message: String
    package var hint: String?

    package init(_ severity: Severity, _ subject: Subject, _ message: String, hint: String? = nil) {
        self.severity = severity
        self.subject = subject
        self.message = message
        self.hint = hint
    }

    package init(_ severity: Severity, _ subject: Subject, _ problem: any Problem) {
        self.init(severity, subject, problem.summary, hint: problem.hints.first)
    }
}

/// Looks a prefix over, and changes nothing. Blocking.
package struct Examination: Sendable {
    private let prefix: Prefix
    private let searchPath: String

    /// `searchPath` is what `PATH` says.
    package init(of prefix: Prefix, searchPath: String) {
        self.prefix = prefix
        self.searchPath = searchPath
    }

    package func findings() throws -> [Finding] {
        var findings: [Finding] = []
        do throws(PrefixError) { try prefix.check() } catch { findings.append(Finding(.error, .prefix, error)) }
        if !prefix.isReached(from: searchPath) {
            findings.append(
                Finding(
                    .warning, .path, "`\(prefix.bin)` is not in `PATH`",
                    hint: "add to your shell's start-up file: `export PATH=\"\(prefix.bin):$PATH\"`"))
        }
        guard FileTree.exists(prefix.location) else { return findings }
        if FileTree.exists(prefix.journal), !isLocked {
            findings.append(
                Finding(
                    .error, .journal, "a run of velo died and left something half done",
                    hint: "the next `velo install` or `velo uninstall` undoes it"))
        }
        let inventory = try Inventory(of: prefix)
        if !inventory.packages.isEmpty { findings += loader() }
        findings += packages(inventory)
        findings += try danglingLinks()
        return findings
    }

    /// Whether a velo is at work there. A lock file alone says nothing: its owner may have died.
    private var isLocked: Bool {
        guard FileTree.exists(prefix.lock) else { return false }
        do {
            guard let lock = try FileLock.attempt(prefix.lock) else { return true }
            lock.release()
            return false
        } catch {
            return false
        }
    }

    private func loader() -> [Finding] {
        guard LoaderLink.target(in: prefix) != nil, !FileTree.isReadable(prefix.loader) else { return [] }
        return [
            Finding(
                .error, .loader, "`\(prefix.loader)` leads nowhere, so no installed program starts",
                hint: "any `velo install` or `velo uninstall` makes it anew")
        ]
    }

    private func packages(_ inventory: Inventory) -> [Finding] {
        var findings: [Finding] = []
        for package in inventory.sorted {
            let again = "reinstall it: `velo install --reinstall \(package.name)`"
            for keg in package.kegs where !FileTree.exists(keg.receipt) {
                findings.append(Finding(.warning, .receipt, "`\(keg.label)` has no receipt", hint: again))
            }
            if FileTree.exists(package.current.receipt), package.receipt == nil {
                findings.append(
                    Finding(.error, .receipt, "the receipt of `\(package.current.label)` cannot be read", hint: again))
            }
            if prefix.keg(linkedBy: prefix.opt(package.name), of: package.name) == nil {
                findings.append(
                    Finding(
                        .error, .link, "`\(prefix.opt(package.name))` does not lead to a keg of `\(package.name)`",
                        hint: again))
            }
            for dependency in package.receipt?.runtimeDependencies ?? [] {
                let name = Inventory.shortName(dependency.fullName)
                guard inventory[name] == nil else { continue }
                findings.append(
                    Finding(
                        .error, .dependency, "`\(package.name)` needs `\(name)`, which is not installed",
                        hint: "install it: `velo install \(name)`"))
            }
        }
        return findings
    }

    private func danglingLinks() throws -> [Finding] {
        var findings: [Finding] = []
        for tree in LinkRules.unlinkedTrees {
            let root = prefix.absolute(tree)
            guard try FileTree.status(root)?.kind == .folder else { continue }
            try FileTree.walk(root) { relative, path, status in
                guard status.kind == .link else { return true }
                guard prefix.owner(ofLink: path) != nil, try FileTree.status(path, followLinks: true) == nil else {
                    return false
                }
                findings.append(
                    Finding(
                        .warning, .link, "`\(prefix.path)/\(tree)/\(relative)` leads nowhere",
                        hint: "remove it: `rm \(prefix.path)/\(tree)/\(relative)`"))
                return false
            }
        }
        return findings
    }
}

extension Prefix {
    /// Whether its programs are found by what `PATH` says.
    package func isReached(from searchPath: String) -> Bool {
        searchPath.split(separator: ":").contains { FilePath(String($0)).lexicallyNormalized() == bin }
    }
}
