import SystemPackage
package import VeloFormula
import VeloSystem

/// Files and folders, as the operating system has them.
extension BuildHost {
    package func status(of path: String, followingLinks: Bool) -> VeloFormula.FileStatus? {
        guard let status = try? FileTree.status(FilePath(path), followLinks: followingLinks) else { return nil }
        let kind: VeloFormula.FileStatus.Kind =
            switch status.kind {
            case .file: .file
            case .folder: .folder
            case .link: .symbolicLink
            case .other: .other
            }
        return VeloFormula.FileStatus(
            kind: kind, mode: UInt16(truncatingIfNeeded: status.mode), size: status.size, modified: status.modified)
    }

    package func names(in folder: String) throws(HostError) -> [String] {
        try attempt { () throws(SystemError) in try FileTree.names(in: FilePath(folder)) }
    }

    package func read(_ path: String) throws(HostError) -> [UInt8] {
        try attempt { () throws(SystemError) in try FileTree.read(FilePath(path)) }
    }

    package func write(_ bytes: [UInt8], to path: String, appending: Bool) throws(HostError) {
        try attempt { () throws(SystemError) in
            let file = FilePath(path)
            let before = appending && FileTree.exists(file) ? try FileTree.read(file) : []
            let status = try FileTree.status(file, followLinks: true)
            if let status, status.mode & 0o200 == 0 { try FileTree.setMode(file, status.mode | 0o200) }
            try FileTree.write(before + bytes, to: file)
            if let status { try FileTree.setMode(file, status.mode) }
        }
    }

    package func makeFolder(_ path: String, withParents: Bool) throws(HostError) {
        let folder = FilePath(path)
        if !withParents {
            if FileTree.exists(folder) { throw HostError(.exists, path: path) }
            if !FileTree.exists(folder.removingLastComponent()) { throw HostError(.notFound, path: path) }
        }
        try attempt { () throws(SystemError) in try FileTree.makeFolder(folder) }
    }

    package func remove(_ path: String, recursively: Bool) throws(HostError) {
        let target = FilePath(path)
        guard let status = try attempt({ () throws(SystemError) in try FileTree.status(target) }) else {
            throw HostError(.notFound, path: path)
        }
        if recursively {
            try attempt { () throws(SystemError) in try FileTree.remove(target) }
        } else if status.kind == .folder {
            let isGone = try attempt { () throws(SystemError) in try FileTree.removeEmptyFolder(target) }
            if !isGone { throw HostError(.notEmpty, path: path) }
        } else {
            try attempt { () throws(SystemError) in try FileTree.removeFile(target) }
        }
    }

    package func copy(_ path: String, to target: String, recursively: Bool) throws(HostError) {
        try attempt { () throws(SystemError) in
            if recursively {
                try FileTree.copyTree(FilePath(path), to: FilePath(target))
            } else {
                try FileTree.copyFile(FilePath(path), to: FilePath(target))
            }
        }
    }

    package func move(_ path: String, to target: String) throws(HostError) {
        try attempt { () throws(SystemError) in
            do throws(SystemError) {
                try FileTree.rename(FilePath(path), to: FilePath(target))
            } catch {
                // From the build's folder into the prefix is across mounts.
                guard error.errno == .improperLink else { throw error }
                try FileTree.remove(FilePath(target))
                try FileTree.copyTree(FilePath(path), to: FilePath(target))
                try FileTree.remove(FilePath(path))
            }
        }
    }

    package func makeSymbolicLink(at path: String, to target: String) throws(HostError) {
        try attempt { () throws(SystemError) in try FileTree.makeLink(FilePath(path), to: target) }
    }

    package func makeHardLink(at path: String, to target: String) throws(HostError) {
        try attempt { () throws(SystemError) in try FileTree.makeHardLink(FilePath(path), to: FilePath(target)) }
    }

    package func setMode(_ mode: UInt16, of path: String) throws(HostError) {
        try attempt { () throws(SystemError) in try FileTree.setMode(FilePath(path), UInt32(mode)) }
    }

    package func readLink(_ path: String) throws(HostError) -> String {
        try attempt { () throws(SystemError) in try FileTree.readLink(FilePath(path)) }
    }

    package func realPath(_ path: String) throws(HostError) -> String {
        try attempt { () throws(SystemError) in try FileTree.realPath(FilePath(path)).string }
    }

    package func touch(_ path: String) throws(HostError) {
        try attempt { () throws(SystemError) in
            if FileTree.exists(FilePath(path)) {
                FileTree.setModifiedNow(FilePath(path))
            } else {
                try FileTree.write([], to: FilePath(path))
            }
        }
    }

    private func attempt<Value>(_ body: () throws(SystemError) -> Value) throws(HostError) -> Value {
        do throws(SystemError) { return try body() } catch { throw HostError(system: error) }
    }
}
