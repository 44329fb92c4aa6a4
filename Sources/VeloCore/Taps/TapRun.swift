import Synchronization
package import VeloFormula
import VeloSystem

/// Makes a document of each of many formulae, on all processors, and hands them on in the order of the formulae, as
/// soon as they can be.
package struct TapRun: Sendable {
    /// Between two documents.
    let separator: String
    /// Makes a document; what it throws is told of the formula. Called from several threads.
    let document: @Sendable (TapFolder.File, inout JSONWriter) throws -> Void

    package init(
        separator: String, document: @escaping @Sendable (TapFolder.File, inout JSONWriter) throws -> Void
    ) {
        self.separator = separator
        self.document = document
    }

    /// What a formula's author should know, as it is to be shown.
    package struct Refusal: Sendable {
        package let text: String
    }

    /// What came of some neighbouring files.
    private struct Part: Sendable {
        var bytes: [UInt8] = []
        var refusals: [Refusal] = []
    }

    /// How many files are done in a row: what is hard to evaluate often lies together, so it is few.
    private static let partSize = 32

    /// - Parameter output: takes the documents, separators between them; called by one thread at a time.
    /// - Returns: what is wrong with the others.
    package func run(
        _ files: [TapFolder.File], output: @escaping @Sendable ([UInt8]) -> Void
    ) async throws -> [Refusal] {
        let queue = OrderedParts(separator: Array(separator.utf8), output: output)
        try await Self.inParts(files) { number, files in queue.put(part(of: files), number) }
        return queue.refusals
    }

    /// What a function makes of each file, on all processors, in the order of the files.
    static func map<Result: Sendable>(
        _ files: [TapFolder.File], _ make: @escaping @Sendable (TapFolder.File) -> Result
    ) async throws -> [Result] {
        let made = Mutex<[Int: [Result]]>([:])
        try await inParts(files) { number, files in
            let results = files.map(make)
            made.withLock { $0[number] = results }
        }
        return made.withLock { made in made.keys.sorted().flatMap { made[$0] ?? [] } }
    }

    /// Does something with every few neighbouring files, on all processors.
    private static func inParts(
        _ files: [TapFolder.File], _ body: @escaping @Sendable (Int, ArraySlice<TapFolder.File>) -> Void
    ) async throws {
        try await BlockingThread.inParts(of: files.count, size: partSize) { number, range in
            body(number, files[range])
        }
    }

    private func part(of files: ArraySlice<TapFolder.File>) -> Part {
        var writer = JSONWriter(capacity: 4096 * files.count)
        var refusals: [Refusal] = []
        for file in files {
            let start = writer.count
            do {
                if start > 0 { writer.separate(by: separator) }
                try document(file, &writer)
            } catch {
                writer.forget(behind: start)
                refusals.append(Refusal(error))
            }
        }
        return Part(bytes: writer.bytes, refusals: refusals)
    }

    /// Puts what threads bring at any time into its order.
    private final class OrderedParts: Sendable {
        private struct State {
            var waiting: [Int: Part] = [:]
            var next = 0
            var isFirst = true
            var refusals: [Refusal] = []
        }

        private let state = Mutex(State())
        private let separator: [UInt8]
        private let output: @Sendable ([UInt8]) -> Void

        init(separator: [UInt8], output: @escaping @Sendable ([UInt8]) -> Void) {
            self.separator = separator
            self.output = output
        }

        var refusals: [Refusal] { state.withLock { $0.refusals } }

        /// Hands on what is next; a reader that is slow holds everybody up, so that nothing piles up here.
        func put(_ part: Part, _ number: Int) {
            state.withLock { state in
                state.waiting[number] = part
                while let part = state.waiting.removeValue(forKey: state.next) {
                    state.next += 1
                    state.refusals += part.refusals
                    guard !part.bytes.isEmpty else { continue }
                    if !state.isFirst { output(separator) }
                    state.isFirst = false
                    output(part.bytes)
                }
            }
        }
    }
}

extension TapRun.Refusal {
    init(_ error: any Error) {
        text = (error as? FormulaProblem)?.rendered ?? "error: \(ProblemReport(error).oneLine)"
    }
}
