package import VeloSystem

/// What a program of ours says when it ends.
package struct ExitStatus: Sendable, Equatable {
    package let code: Int32

    package init(code: Int32) { self.code = code }

    /// Done.
    package static let done = ExitStatus(code: 0)
    /// It could not be done as asked.
    package static let failed = ExitStatus(code: 1)
    /// The command line makes no sense.
    package static let usage = ExitStatus(code: 64)
    /// A bug of ours; the message asks for a report.
    package static let bug = ExitStatus(code: 70)
    /// It may work later: the network, a lock, a busy farm.
    package static let later = ExitStatus(code: 75)

    /// 130 for Ctrl-C, 143 for `kill`.
    package static func stopped(by signal: StopSignal) -> ExitStatus { ExitStatus(code: signal.exitStatus) }

    /// What an error asks for. One that is no `Problem` was not foreseen.
    package init(_ error: any Error) {
        guard let problem = error as? any Problem else {
            self = .bug
            return
        }
        self =
            switch problem.severity {
            case .refused: .failed
            case .temporary: .later
            case .bug: .bug
            }
    }

    /// The table in a line, for `--help`.
    static var summary: String { table.map { "\($0.0.code) \($0.1)" }.joined(separator: "; ") }

    /// What each code means.
    package static let table: [(ExitStatus, String)] = [
        (.done, "done"),
        (.failed, "it could not be done as asked"),
        (.usage, "the command line makes no sense"),
        (.bug, "a bug in velo: report it"),
        (.later, "it may work later: the network, a lock, a busy farm"),
        (ExitStatus(code: 130), "stopped by Ctrl-C (143: by `kill`)"),
    ]
}
