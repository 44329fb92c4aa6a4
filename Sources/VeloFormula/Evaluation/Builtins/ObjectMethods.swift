/// Methods that every object has.
enum ObjectMethods {
    static let table = MethodTable { table in
        defineComparison(&table)
        defineQuestions(&table)
        defineReflection(&table)
        table.define("to_s") { call in .text(try call.interpreter.string(of: call.receiver)) }
        table.define("inspect", "pretty_inspect") { call in .text(try call.interpreter.inspect(call.receiver)) }
        table.define("to_json") { call in .text(try JSONText.generate(call.receiver, pretty: false, call.interpreter)) }
        table.define("to_yaml") { call in .text(try YAMLText.generate(call.receiver, call.interpreter)) }
        table.define("dup", "clone", "itself", "freeze", "to_param") { call in call.receiver }
        table.define("tap") { call in
            _ = try call.yield(call.receiver)
            return call.receiver
        }
        table.define("then", "yield_self") { call in try call.yield(call.receiver) }
        table.define("enum_for", "to_enum") { call in
            .object(EnumeratorObject(try call.interpreter.list(from: call.receiver), "each"))
        }
        table.define("extend") { call in
            guard case .object(let object) = call.receiver else { return call.receiver }
            for case .type(let module) in call.arguments {
                let singleton = object.singleton ?? ClassBox(name: "singleton")
                object.singleton = singleton
                singleton.methods.merge(module.methods) { _, new in new }
            }
            return call.receiver
        }
    }

    private static func defineComparison(_ table: inout MethodTable) {
        table.define("==", "===") { call in .bool(try call.interpreter.areEqual(call.receiver, call[0])) }
        table.define("eql?") { call in
            if case .object = call.receiver { return .bool(try call.interpreter.areEqual(call.receiver, call[0])) }
            return .bool(HashKey(call.receiver) == HashKey(call[0]))
        }
        table.define("equal?") { call in .bool(HashKey(call.receiver) == HashKey(call[0])) }
        table.define("!=") { call in .bool(try !call.interpreter.areEqual(call.receiver, call[0])) }
        table.define("!") { call in .bool(!call.receiver.isTruthy) }
        table.define("&") { call in .bool(call.receiver.isTruthy && call[0].isTruthy) }
        table.define("|") { call in .bool(call.receiver.isTruthy || call[0].isTruthy) }
        table.define("^") { call in .bool(call.receiver.isTruthy != call[0].isTruthy) }
        table.define("=~") { _ in .nil }
        table.define("!~") { call in
            guard case .regexp(let regexp) = call[0], let text = call.receiver.characters else { return .bool(true) }
            return .bool(try call.interpreter.match(regexp, text) == nil)
        }
        table.define("<=>") { call in
            try call.interpreter.compare(call.receiver, call[0]).map { .int($0) } ?? .nil
        }
        table.define("in?") { call in try call.interpreter.send(call[0], "include?", [call.receiver]) }
        table.define("hash", "object_id", "__id__") { call in .int(HashKey(call.receiver).hashValue) }
    }

    private static func defineQuestions(_ table: inout MethodTable) {
        table.define("nil?") { call in .bool(call.receiver.isNil) }
        table.define("blank?") { call in .bool(!call.receiver.isTruthy) }
        table.define("present?") { call in .bool(call.receiver.isTruthy) }
        table.define("presence") { call in call.receiver.isTruthy ? call.receiver : .nil }
        table.define("frozen?") { call in
            switch call.receiver {
            case .nil, .bool, .int, .float, .symbol, .range, .regexp: .bool(true)
            default: .bool(false)
            }
        }
        table.define("is_a?", "kind_of?") { call in
            guard case .type(let type) = call[0] else { throw call.raising("TypeError", "class or module required") }
            return .bool(call.interpreter.isKind(call.receiver, of: type))
        }
        table.define("instance_of?") { call in
            guard case .type(let type) = call[0] else { throw call.raising("TypeError", "class or module required") }
            return .bool(call.interpreter.className(of: call.receiver) == type.name)
        }
        table.define("respond_to?") { call in
            let (interpreter, name) = (call.interpreter, try call.text(0))
            if interpreter.responds(call.receiver, to: name) { return .bool(true) }
            guard interpreter.method(named: "respond_to_missing?", of: call.receiver) != nil else {
                return .bool(false)
            }
            let answer = try interpreter.send(call.receiver, "respond_to_missing?", [.symbol(name), .bool(false)])
            return .bool(answer.isTruthy)
        }
        // What `super` reaches in a formula's own.
        table.define("respond_to_missing?") { _ in .bool(false) }
    }

    private static func defineReflection(_ table: inout MethodTable) {
        table.define("class") { call in
            if case .object(let object) = call.receiver, let userClass = object.userClass { return .type(userClass) }
            let name = call.interpreter.className(of: call.receiver)
            return .type(call.interpreter.nativeClass(name) ?? ClassBox(name: name))
        }
        table.define("send", "public_send", "__send__") { call in
            let inner = Call(
                interpreter: call.interpreter, receiver: call.receiver, name: try call.text(0),
                arguments: Array(call.arguments.dropFirst()), hasKeywords: call.hasKeywords && call.count > 1,
                block: call.block, frame: call.frame, span: call.span)
            return try call.interpreter.dispatch(inner, isSelfCall: true)
        }
        table.define("try") { call in
            if call.receiver.isNil { return .nil }
            if call.count == 0 { return try call.yield(call.receiver) }
            guard call.interpreter.responds(call.receiver, to: try call.text(0)) else { return .nil }
            return try call.interpreter.send(
                call.receiver, call.text(0), Array(call.arguments.dropFirst()), block: call.block)
        }
        table.define("method") { call in
            let (receiver, name) = (call.receiver, try call.text(0))
            let proc = ProcBox(
                .native { inner in
                    try inner.interpreter.send(
                        receiver, name, inner.arguments, hasKeywords: inner.hasKeywords, block: inner.block)
                }, isLambda: true)
            return .object(MethodObject(proc: proc))
        }
        table.define("instance_variable_get") { call in
            call.interpreter.variables(of: call.receiver)?.variables[try call.text(0)] ?? .nil
        }
        table.define("instance_variable_set") { call in
            call.interpreter.variables(of: call.receiver)?.variables[try call.text(0)] = call[1]
            return call[1]
        }
        table.define("instance_variable_defined?") { call in
            .bool(call.interpreter.variables(of: call.receiver)?.variables[try call.text(0)] != nil)
        }
        table.define("instance_eval", "instance_exec") { call in
            try call.interpreter.call(
                call.needBlock(), call.count > 0 ? call.arguments : [call.receiver], selfValue: call.receiver)
        }
        table.define("define_singleton_method") { call in
            guard let object = call.interpreter.variables(of: call.receiver), let block = call.block else {
                throw call.wrongCount()
            }
            let singleton = object.singleton ?? ClassBox(name: "singleton")
            object.singleton = singleton
            singleton.methods[try call.text(0)] = .proc(block)
            return call[0]
        }
        table.define("singleton_class") { call in
            guard let object = call.interpreter.variables(of: call.receiver) else {
                throw call.unsupported("this object")
            }
            let singleton = object.singleton ?? ClassBox(name: "singleton")
            object.singleton = singleton
            return .type(singleton)
        }
        table.define("methods", "public_methods", "instance_variables") { _ in .list([]) }
    }
}

enum ProcMethods {
    static let table = MethodTable { table in
        table.define("call", "()", "yield", "[]", "===") { call in
            guard case .proc(let proc) = call.receiver else { return .nil }
            return try call.interpreter.call(proc, call.arguments, hasKeywords: call.hasKeywords, block: call.block)
        }
        table.define("to_proc") { call in call.receiver }
        table.define("lambda?") { call in
            guard case .proc(let proc) = call.receiver else { return .nil }
            return .bool(proc.isLambda)
        }
        table.define("arity") { call in
            guard case .proc(let proc) = call.receiver else { return .nil }
            return .int(proc.arity)
        }
        table.define("curry") { call in call.receiver }
    }
}

/// Methods of classes and modules.
enum ClassMethods {
    static let table = MethodTable { table in
        defineBuilding(&table)
        defineReflection(&table)
        table.define("new") { call in
            guard case .type(let type) = call.receiver else { return .nil }
            return try call.interpreter.makeInstance(of: type, call)
        }
    }

    private static func type(_ call: Call) throws -> ClassBox {
        guard case .type(let type) = call.receiver else { throw call.raising("TypeError", "not a class") }
        return type
    }

    private static func defineBuilding(_ table: inout MethodTable) {
        table.define("include", "prepend") { call in
            let holder = try type(call)
            for case .type(let module) in call.arguments { holder.included.append(module) }
            return call.receiver
        }
        table.define("extend") { call in
            let holder = try type(call)
            for case .type(let module) in call.arguments { holder.extended.append(module) }
            return call.receiver
        }
        for (name, reads, writes) in [
            ("attr_reader", true, false), ("attr_writer", false, true), ("attr_accessor", true, true),
            ("attr", true, false),
        ] {
            table.define(name) { call in
                let holder = try type(call)
                for attribute in try call.texts() {
                    if reads { holder.methods[attribute] = .reader("@" + attribute) }
                    if writes { holder.methods[attribute + "="] = .writer("@" + attribute) }
                }
                return .nil
            }
        }
        table.define("define_method") { call in
            let holder = try type(call)
            if let block = call.block {
                holder.methods[try call.text(0)] = .proc(block)
            } else if case .proc(let proc) = call[1] {
                holder.methods[try call.text(0)] = .proc(proc)
            } else if case .object(let method as MethodObject) = call[1] {
                holder.methods[try call.text(0)] = .proc(method.proc)
            }
            return .symbol(try call.text(0))
        }
        table.define("alias_method") { call in
            let holder = try type(call)
            guard let (entry, _) = call.interpreter.instanceMethod(try call.text(1), in: holder) else {
                throw call.unsupported("a method that is not known")
            }
            holder.methods[try call.text(0)] = entry
            return .symbol(try call.text(0))
        }
        table.define("remove_method", "undef_method") { call in
            let holder = try type(call)
            for name in try call.texts() { holder.methods[name] = call.name == "undef_method" ? .undefined : nil }
            return .nil
        }
        table.define(
            "private", "public", "protected", "private_constant", "private_class_method", "public_class_method",
            "module_eval_string", "sig", "abstract!"
        ) { call in call.count > 0 ? call[0] : .nil }
        table.define("module_function") { call in
            let holder = try type(call)
            if call.count == 0 { holder.definesModuleFunctions = true }
            for name in try call.texts() { holder.classMethods[name] = holder.methods[name] }
            return .nil
        }
        table.define("class_eval", "module_eval", "class_exec") { call in
            let holder = try type(call)
            return try call.interpreter.call(call.needBlock(), [], selfValue: call.receiver, definitionTarget: holder)
        }
        table.define("const_set") { call in
            try type(call).constants[try call.text(0)] = call[1]
            return call[1]
        }
    }

    private static func defineReflection(_ table: inout MethodTable) {
        table.define("name", "to_s", "inspect") { call in .text(try type(call).name) }
        table.define("superclass") { call in try type(call).superclass.map { .type($0) } ?? .nil }
        table.define("ancestors") { call in .list(try type(call).ancestors.map { .type($0) }) }
        table.define("===") { call in .bool(call.interpreter.isKind(call[0], of: try type(call))) }
        table.define("<", "<=") { call in
            guard case .type(let other) = call[0] else {
                throw call.raising("TypeError", "compared with non class/module")
            }
            let holder = try type(call)
            return .bool(holder.isKind(of: other) && (call.name == "<=" || holder !== other))
        }
        table.define("const_get") { call in
            let (holder, name) = (try type(call), try call.text(0))
            if let value = holder.constants[name] ?? call.interpreter.topLevel.constants[name] { return value }
            if let native = call.interpreter.nativeClass("\(holder.name)::\(name)")
                ?? call.interpreter.nativeClass(name)
            {
                return .type(native)
            }
            throw call.raising("NameError", "uninitialized constant \(holder.name)::\(name)")
        }
        table.define("const_defined?") { call in .bool(try type(call).constants[try call.text(0)] != nil) }
        table.define("instance_methods", "public_instance_methods") { call in
            .list(try type(call).methods.keys.sorted().map { .symbol($0) })
        }
        table.define("method_defined?", "instance_method?", "private_method_defined?") { call in
            .bool(call.interpreter.instanceMethod(try call.text(0), in: try type(call)) != nil)
        }
        table.define("class_variable_get") { call in try type(call).classVariables[try call.text(0)] ?? .nil }
        table.define("class_variable_set") { call in
            try type(call).classVariables[try call.text(0)] = call[1]
            return call[1]
        }
    }
}
