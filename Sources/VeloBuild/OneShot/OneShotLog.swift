import Glibc
import Synchronization
import SystemPackage
import VeloSystem

/// The log of one formula: a file, with the times of its phases and the last lines kept in mind.
final class OneShotLog: Sendable {
    private struct State {
        var phases: [BuildRecord.Phase] = []
        var current: BuildPhase?
        var began = ContinuousClock.now
        var last: [String] = []
        var used: [BuildPhase: SandboxUsage] = [:]

        /// Steps may follow each other in one phase.
        mutating func add(_ usage: SandboxUsage) {
            guard let current else { return }
            var sum = used[current] ?? SandboxUsage(processorSeconds: 0)
            sum.processorSeconds += usage.processorSeconds
            sum.memoryPeak = [sum.memoryPeak, usage.memoryPeak].compactMap { $0 }.max()
            used[current] = sum
        }
    }

    private static let linesKept = 60

    private let file: FilePath
    private let descriptor: FileDescriptor
    private let formula: String
    private let notices: @Sendable (OneShotBuild.Notice) -> Void
    private let state = Mutex(State())

    init(file: FilePath, formula: String, notices: @escaping @Sendable (OneShotBuild.Notice) -> Void) throws {
        self.file = file
        self.formula = formula
        self.notices = notices
        descriptor = try FileDescriptor.open(
            file, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: FilePermissions(rawValue: 0o644)
        )
    }

    deinit { try? descriptor.close() }

    func hear(_ event: BuildEvent) {
        switch event {
        case .phase(let phase):
            state.withLock { enter(phase, &$0) }
            note("==> \(phase.rawValue)")
            notices(.phase(formula, phase))
        case .line(let line):
            let visible = LogText.sanitize(line)
            note(visible)
            notices(.line(formula, visible))
        case .transfer: break
        case .usage(let usage):
            state.withLock { $0.add(usage) }
            note("==> \(usage.words)")
        }
    }

    /// The last phase is over.
    func finish() { state.withLock { enter(nil, &$0) } }

    var phases: [BuildRecord.Phase] {
        state.withLock { state in
            state.phases.map { phase in
                var phase = phase
                phase.usage = state.used[phase.phase]
                return phase
            }
        }
    }
    var lastLines: [String] { state.withLock { $0.last } }

    /// Writes a line; a log that cannot be written does not stop a build.
    func note(_ line: String) {
        state.withLock { state in
            if state.last.count >= Self.linesKept { state.last.removeFirst() }
            state.last.append(line)
        }
        try? FileTree.writeAll(Array((line + "\n").utf8), to: descriptor.rawValue, file)
    }

    private func enter(_ phase: BuildPhase?, _ state: inout State) {
        let now = ContinuousClock.now
        if let current = state.current {
            let time = (now - state.began).components
            let seconds = Double(time.seconds) + Double(time.attoseconds / 1_000_000_000_000_000) / 1000
            if let index = state.phases.firstIndex(where: { $0.phase == current }) {
                state.phases[index].seconds += seconds
            } else {
                state.phases.append(BuildRecord.Phase(phase: current, seconds: seconds))
            }
        }
        state.current = phase
        state.began = now
    }
}
