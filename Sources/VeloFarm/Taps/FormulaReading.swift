import VeloCore
package import VeloFormula
import VeloSystem

/// Evaluates formula files for the farm's platform.
package struct FormulaReading: Sendable {
    /// What became of a file.
    package enum Outcome: Sendable {
        case formula(Formula, caveats: String?)
        /// Why not, for the formula's author: file, line, caret.
        case refused(String)
    }

    private let evaluator: @Sendable (SourceText, TapName) -> Outcome
    private let loader: @Sendable (SourceText, TapName) -> LoadedFormula?

    /// - Parameters:
    ///   - loader: answers formulae that can be run, for keys; nil for what is refused.
    ///   - evaluator: called on several threads at a time.
    package init(
        loader: @escaping @Sendable (SourceText, TapName) -> LoadedFormula?,
        _ evaluator: @escaping @Sendable (SourceText, TapName) -> Outcome
    ) {
        self.loader = loader
        self.evaluator = evaluator
    }

    /// Evaluates all formulae of a snapshot, on all processors.
    func evaluate(
        _ snapshot: TapSnapshot, tap: TapName
    ) async throws -> (formulae: [StoredFormula], problems: [FormulaProblem]) {
        var aliases: [String: [String]] = [:]
        for (alias, name) in snapshot.aliases { aliases[name, default: []].append(alias) }
        let files = snapshot.formulae
        let aliasesByName = aliases.mapValues { $0.sorted() }

        // Every so manieth file for each thread: what is hard to evaluate often lies together.
        let threads = min(Host.current().processorCount, max(1, files.count / 8))
        var outcomes: [(Int, Result<StoredFormula, FormulaProblem>)] = []
        try await withThrowingTaskGroup(of: [(Int, Result<StoredFormula, FormulaProblem>)].self) { group in
            for first in 0..<threads {
                group.addTask {
                    try await BlockingThread.run {
                        stride(from: first, to: files.count, by: threads)
                            .map { ($0, read(files[$0], tap: tap, aliases: aliasesByName)) }
                    }
                }
            }
            for try await part in group { outcomes += part }
        }

        var formulae: [StoredFormula] = []
        var problems = snapshot.refused
        var paths: [String: String] = [:]
        for outcome in outcomes.sorted(by: { $0.0 < $1.0 }).map(\.1) {
            switch outcome {
            case .success(let formula):
                let name = formula.record.catalog.name
                if let first = paths[name] {
                    problems.append(
                        FormulaProblem(
                            path: formula.path, message: "\(formula.path): error: `\(name)` is also in \(first)"))
                } else {
                    paths[name] = formula.path
                    formulae.append(formula)
                }
            case .failure(let problem): problems.append(problem)
            }
        }
        return (formulae, problems)
    }

    private func read(
        _ file: TapSnapshot.File, tap: TapName, aliases: [String: [String]]
    ) -> Result<StoredFormula, FormulaProblem> {
        switch evaluator(SourceText(name: file.path, bytes: file.bytes), tap) {
        case .formula(let formula, let caveats):
            let record = FormulaRecord(formula, aliases: aliases[formula.name] ?? [], caveats: caveats)
            return .success(StoredFormula(path: file.path, source: file.bytes, record: record))
        case .refused(let message):
            return .failure(FormulaProblem(path: file.path, message: message))
        }
    }

    /// One formula again, whole, for a build.
    func formula(_ source: SourceText, tap: TapName) async throws -> Formula? {
        let outcome = try await BlockingThread.run { evaluator(source, tap) }
        if case .formula(let formula, _) = outcome { return formula } else { return nil }
    }

    /// The same with its methods, for its key.
    func loaded(_ source: SourceText, tap: TapName) async throws -> LoadedFormula? {
        try await BlockingThread.run { loader(source, tap) }
    }
}

extension FormulaProblem: Error {}
