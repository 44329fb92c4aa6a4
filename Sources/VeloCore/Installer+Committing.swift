import SystemPackage
import VeloSystem

extension Installer {
    /// Moves what was poured into the Cellar and links it, all or nothing.
    func commit(_ plan: InstallPlan, scratch: FilePath) async throws {
        let names = plan.steps.filter(\.isRequested).map(\.name)
        let verb = plan.isUpgrade ? "upgrade" : "install"
        try await commit(title: "\(verb) \(names.joined(separator: " "))", scratch: scratch) { commit, transaction in
            for step in plan.toPour {
                try commit.pour(InstallCommit.Package(step), &transaction)
                events(.installed(step))
            }
            for step in plan.kept where isNewlyRequested(step) { try commit.noteRequest(step, &transaction) }
        }
    }

    /// Runs the changes of `body` as one transaction, with the loader's link right before and after them.
    func commit(
        title: String, scratch: FilePath,
        _ body: @escaping @Sendable (InstallCommit, inout Transaction) throws -> Void
    ) async throws {
        let commit = InstallCommit(prefix: prefix, scratch: scratch, events: events)
        let (watch, prefix) = (watch, prefix)
        try await BlockingThread.run {
            // What is moved into the Cellar has to be on the disk before the journal says that it is there.
            try FileTree.flushFileSystem(of: scratch)
            try Transaction.run(in: prefix, scratch: scratch, title: title, time: Host.now(), watch: watch) {
                transaction in
                try transaction.perform(try LoaderLink.changes(in: prefix))
                try body(commit, &transaction)
                try transaction.perform(try LoaderLink.changes(in: prefix))
            }
        }
    }

    /// Whether a package that came as a dependency is now asked for by name.
    func isNewlyRequested(_ step: InstallPlan.Step) -> Bool {
        guard step.isRequested, step.isOnRequest, !step.changesAnything,
            let package = try? Inventory.package(step.name, in: prefix)
        else { return false }
        return !package.isOnRequest
    }
}

/// The changes of one package, one batch after another.
struct InstallCommit: Sendable {
    let prefix: Prefix
    let scratch: FilePath
    let events: Installer.Events

    /// What has to be known of a package whose keg is staged.
    struct Package: Sendable {
        var name: String
        var pkgVersion: String
        var isKegOnly: Bool
        var linkOverwrite: [String]
        var aliases: [String]
    }

    func pour(_ package: Package, _ transaction: inout Transaction) throws {
        do {
            try move(package, &transaction)
        } catch let error as any Problem {
            throw InstallError.package(package.name, doing: .link, cause: error)
        }
    }

    private func move(_ package: Package, _ transaction: inout Transaction) throws {
        let linker = Linker(prefix: prefix)
        let keg = prefix.keg(package.name, package.pkgVersion)
        let others = try prefix.kegs(package.name)
        events(.linking(package.name))
        for other in others { try transaction.perform(try linker.unlinkChanges(other)) }
        // A keg of the same version makes room; older ones stay until their configuration has been compared.
        if others.contains(keg) { try transaction.perform([try retire(keg)]) }
        let staged = try inside(scratch.appending(package.name).appending(package.name).appending(package.pkgVersion))
        try transaction.perform(prefix.makingFolders(for: keg.path) + [.move(staged, to: keg.path)])
        try transaction.perform(
            try linker.linkChanges(
                keg, kegOnly: package.isKegOnly, overwrite: package.linkOverwrite, aliases: package.aliases))
        try transaction.perform(try BottledFiles(prefix: prefix, keg: keg).changes(scratch: scratch))
        for other in others where other != keg { try transaction.perform([try retire(other)]) }
    }

    /// Writes down that a package is wanted for itself.
    func noteRequest(_ step: InstallPlan.Step, _ transaction: inout Transaction) throws {
        guard let package = try Inventory.package(step.name, in: prefix), var receipt = package.receipt else { return }
        receipt.installedOnRequest = true
        let draft = scratch.appending("\(step.name).receipt")
        try receipt.write(to: draft)
        let path = "\(package.current.path)/INSTALL_RECEIPT.json"
        try transaction.perform([
            .move(path, to: try inside(scratch.appending("\(step.name).receipt.old"))),
            .move(try inside(draft), to: path),
        ])
    }

    /// The change that takes a keg out of the Cellar; it goes with the scratch folder.
    func retire(_ keg: Keg) throws -> Change {
        .move(keg.path, to: try inside(scratch.appending("retired-\(keg.name)-\(keg.pkgVersion)")))
    }

    private func inside(_ path: FilePath) throws -> String {
        guard let relative = prefix.relative(path) else { throw TransactionError.foreignScratch(path) }
        return relative
    }
}

extension InstallCommit.Package {
    init(_ step: InstallPlan.Step) {
        self.init(
            name: step.name, pkgVersion: step.formula.pkgVersion, isKegOnly: step.formula.kegOnly != nil,
            linkOverwrite: step.formula.linkOverwrite, aliases: step.formula.aliases)
    }
}
