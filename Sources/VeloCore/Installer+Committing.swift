import SystemPackage
import VeloSystem

extension Installer {
    /// Moves what was poured into the Cellar and links it, all or nothing.
    func commit(_ plan: InstallPlan, scratch: FilePath) async throws {
        let names = plan.steps.filter(\.isRequested).map(\.name)
        let commit = InstallCommit(prefix: prefix, scratch: scratch, events: events)
        let (watch, prefix) = (watch, prefix)
        let title = "install \(names.joined(separator: " "))"
        try await BlockingThread.run {
            try Transaction.run(in: prefix, scratch: scratch, title: title, time: Host.now(), watch: watch) {
                transaction in
                try transaction.perform(try LoaderLink.changes(in: prefix))
                for step in plan.toPour {
                    do {
                        try commit.pour(step, &transaction)
                    } catch let error as any Problem {
                        throw InstallError.package(step.name, doing: .link, cause: error)
                    }
                }
                for step in plan.kept where isNewlyRequested(step) { try commit.noteRequest(step, &transaction) }
                try transaction.perform(try LoaderLink.changes(in: prefix))
            }
        }
    }

    /// Whether a package that came as a dependency is now asked for by name.
    func isNewlyRequested(_ step: InstallPlan.Step) -> Bool {
        guard step.isRequested, !step.changesAnything,
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

    func pour(_ step: InstallPlan.Step, _ transaction: inout Transaction) throws {
        let linker = Linker(prefix: prefix)
        let keg = prefix.keg(step.name, step.formula.pkgVersion)
        let others = try prefix.kegs(step.name)
        events(.linking(step.name))
        for other in others { try transaction.perform(try linker.unlinkChanges(other)) }
        // A keg of the same version makes room; older ones stay until their configuration has been compared.
        if others.contains(keg) { try transaction.perform([try retire(keg)]) }
        let staged = try inside(scratch.appending(step.name).appending(step.name).appending(step.formula.pkgVersion))
        try transaction.perform(prefix.makingFolders(for: keg.path) + [.move(staged, to: keg.path)])
        try transaction.perform(
            try linker.linkChanges(
                keg, kegOnly: step.formula.kegOnly != nil, overwrite: step.formula.linkOverwrite,
                aliases: step.formula.aliases))
        try transaction.perform(try BottledFiles(prefix: prefix, keg: keg).changes(scratch: scratch))
        for other in others where other != keg { try transaction.perform([try retire(other)]) }
        events(.installed(step))
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
