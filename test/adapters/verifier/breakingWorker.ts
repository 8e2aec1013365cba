/** The real worker, with a listener before its own. Both are in place before a message is taken. */
import './breakingListener.js'
import '../../../gateway/adapters/verifier/worker.js'
