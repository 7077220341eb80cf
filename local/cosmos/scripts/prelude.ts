/**
 * What a stored procedure finds in its world, as the service offers it: getContext, its collection, request and response,
 * `__`, console. Runs inside the sandbox. Operations are done at once; their callbacks are called after the function
 * that asked has returned, in order. An error that no callback takes ends the script.
 * (https://learn.microsoft.com/azure/cosmos-db/nosql/how-to-write-stored-procedures-triggers-udfs)
 */
export const prelude = `'use strict';
var __links, __queue = [], __body, __log = '';
var console = { log: function () { __log += Array.prototype.slice.call(arguments).join(' ') + '\\n'; } };
var getContext = (function () {
  function ask(operation, request, options, callback) {
    if (typeof options === 'function') { callback = options; options = undefined; }
    var answer = JSON.parse(__host(operation, JSON.stringify({ request: request, options: options || {} })));
    var error = answer.error === undefined ? undefined : Object.assign(new Error(answer.error.message), answer.error);
    if (error !== undefined && typeof callback !== 'function') throw error;
    if (typeof callback === 'function') __queue.push(function () { callback(error, answer.resource, answer.options || {}); });
    return true;
  }
  var collection = {
    getSelfLink: function () { return __links.self; },
    getAltLink: function () { return __links.alt; },
    createDocument: function (link, body, options, callback) { return ask('create', { link: link, body: body }, options, callback); },
    upsertDocument: function (link, body, options, callback) { return ask('upsert', { link: link, body: body }, options, callback); },
    readDocument: function (link, options, callback) { return ask('read', { link: link }, options, callback); },
    replaceDocument: function (link, body, options, callback) { return ask('replace', { link: link, body: body }, options, callback); },
    deleteDocument: function (link, options, callback) { return ask('delete', { link: link }, options, callback); },
    queryDocuments: function (link, query, options, callback) { return ask('query', { link: link, query: query }, options, callback); },
    readDocuments: function (link, options, callback) { return ask('query', { link: link, query: 'SELECT * FROM c' }, options, callback); }
  };
  var response = {
    getBody: function () { return __body; },
    setBody: function (body) { __body = body; },
    appendBody: function (body) { __body = (__body === undefined ? '' : __body) + body; }
  };
  var request = { getBody: function () { throw new Error('A stored procedure has no request body; its parameters are arguments.'); } };
  var context = {
    getCollection: function () { return collection; },
    getRequest: function () { return request; },
    getResponse: function () { return response; }
  };
  return function () { return context; };
})();
var __ = Object.assign({ request: getContext().getRequest(), response: getContext().getResponse() }, getContext().getCollection());
function __run(script, parameters) {
  if (typeof script !== 'function') throw new Error('The body of a stored procedure must be a function.');
  script.apply(undefined, JSON.parse(parameters));
  while (__queue.length > 0) __queue.shift()();
  return '';
}
function __result() {
  var text = JSON.stringify(__body);
  return JSON.stringify({ body: text, log: __log });
}`;
