/**
 * What a stored procedure or trigger finds in its world, as the service offers it: getContext, its collection, request and response,
 * `__`, console. Runs inside the sandbox. Operations are done at once; their callbacks are called after the function
 * that asked has returned, in order. An error that no callback takes ends the script.
 * (https://learn.microsoft.com/azure/cosmos-db/nosql/how-to-write-stored-procedures-triggers-udfs)
 */
export const prelude = `'use strict';
var __links, __world, __queue = [], __body, __request, __log = '';
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
  function triggered() {
    if (__world === null) throw new Error('A stored procedure has no request body; its parameters are arguments.');
  }
  var request = {
    getBody: function () { triggered(); return __request; },
    setBody: function (body) {
      triggered();
      if (__world.response !== undefined) throw new Error('A post-trigger comes too late to change the request.');
      __request = body;
    },
    getOperationType: function () { triggered(); return __world.operation; }
  };
  var context = {
    getCollection: function () { return collection; },
    getRequest: function () { return request; },
    getResponse: function () { return response; }
  };
  return function () { return context; };
})();
var __ = Object.assign({ request: getContext().getRequest(), response: getContext().getResponse() }, getContext().getCollection());
function __run(script, parameters) {
  if (typeof script !== 'function') throw new Error('The body of a script must be a function.');
  script.apply(undefined, JSON.parse(parameters));
  while (__queue.length > 0) __queue.shift()();
  return '';
}
function __begin() {
  if (__world === null) return '';
  if (__world.request !== undefined) __request = JSON.parse(__world.request);
  if (__world.response !== undefined) __body = JSON.parse(__world.response);
  return '';
}
function __result() {
  return JSON.stringify({ body: JSON.stringify(__body), request: JSON.stringify(__request), log: __log });
}`;
