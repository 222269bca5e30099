/* SPDX-License-Identifier: ISC */
#include "reply/template.h"

#include <stddef.h>

const struct template_text template_builtin[] = {
	{ TEMPLATE_QUESTION, "en", "Your request {{ticket}}: we need some details",
	  "{{intro}}\n\n{{questions}}\n\n"
	  "Please reply to this message and answer below each question or by its number.\n\n"
	  "Your reference: {{ticket}}\n\n{{signature}}\n",
	  "Thank you for your message. So that the right person can help you at once, "
	  "we need the following details:" },
	{ TEMPLATE_ACKNOWLEDGEMENT, "en", "Your request {{ticket}}",
	  "Thank you for your message. We have received it and will get back to you.\n\n"
	  "Your reference: {{ticket}}\n\n{{signature}}\n", NULL },
	{ TEMPLATE_TOO_LARGE, "en", "Your message was too large",
	  "Thank you for your message. It was too large for us to take it with everything that "
	  "was attached. Please send the files in smaller parts, or tell us how we can get them.\n\n"
	  "Your reference: {{ticket}}\n\n{{signature}}\n", NULL },

	{ TEMPLATE_QUESTION, "de", "Ihre Anfrage {{ticket}}: uns fehlen noch Angaben",
	  "{{intro}}\n\n{{questions}}\n\n"
	  "Bitte antworten Sie auf diese Nachricht, unter jeder Frage oder mit ihrer Nummer.\n\n"
	  "Ihr Zeichen: {{ticket}}\n\n{{signature}}\n",
	  "Vielen Dank für Ihre Nachricht. Damit Ihnen gleich die richtige Person helfen kann, "
	  "brauchen wir noch diese Angaben:" },
	{ TEMPLATE_ACKNOWLEDGEMENT, "de", "Ihre Anfrage {{ticket}}",
	  "Vielen Dank für Ihre Nachricht. Sie ist bei uns angekommen, wir melden uns bei Ihnen.\n\n"
	  "Ihr Zeichen: {{ticket}}\n\n{{signature}}\n", NULL },
	{ TEMPLATE_TOO_LARGE, "de", "Ihre Nachricht war zu groß",
	  "Vielen Dank für Ihre Nachricht. Sie war zu groß, um sie mit allen Anhängen anzunehmen. "
	  "Bitte senden Sie die Dateien in kleineren Teilen, oder schreiben Sie uns, wie wir sie "
	  "bekommen können.\n\nIhr Zeichen: {{ticket}}\n\n{{signature}}\n", NULL },

	{ TEMPLATE_QUESTION, "fr", "Votre demande {{ticket}} : il nous manque des précisions",
	  "{{intro}}\n\n{{questions}}\n\n"
	  "Répondez à ce message, sous chaque question ou avec son numéro.\n\n"
	  "Votre référence : {{ticket}}\n\n{{signature}}\n",
	  "Merci pour votre message. Pour que la bonne personne puisse vous aider tout de suite, "
	  "nous avons besoin des précisions suivantes :" },
	{ TEMPLATE_ACKNOWLEDGEMENT, "fr", "Votre demande {{ticket}}",
	  "Merci pour votre message. Nous l'avons bien reçu et reviendrons vers vous.\n\n"
	  "Votre référence : {{ticket}}\n\n{{signature}}\n", NULL },
	{ TEMPLATE_TOO_LARGE, "fr", "Votre message était trop volumineux",
	  "Merci pour votre message. Il était trop volumineux pour être reçu avec toutes ses "
	  "pièces jointes. Envoyez les fichiers en plusieurs fois, ou dites-nous comment les "
	  "obtenir.\n\nVotre référence : {{ticket}}\n\n{{signature}}\n", NULL },

	{ TEMPLATE_QUESTION, "es", "Su solicitud {{ticket}}: nos faltan algunos datos",
	  "{{intro}}\n\n{{questions}}\n\n"
	  "Responda a este mensaje, debajo de cada pregunta o con su número.\n\n"
	  "Su referencia: {{ticket}}\n\n{{signature}}\n",
	  "Gracias por su mensaje. Para que la persona adecuada pueda ayudarle enseguida, "
	  "necesitamos estos datos:" },
	{ TEMPLATE_ACKNOWLEDGEMENT, "es", "Su solicitud {{ticket}}",
	  "Gracias por su mensaje. Lo hemos recibido y nos pondremos en contacto con usted.\n\n"
	  "Su referencia: {{ticket}}\n\n{{signature}}\n", NULL },
	{ TEMPLATE_TOO_LARGE, "es", "Su mensaje era demasiado grande",
	  "Gracias por su mensaje. Era demasiado grande para recibirlo con todos sus archivos. "
	  "Envíe los archivos por partes, o díganos cómo podemos obtenerlos.\n\n"
	  "Su referencia: {{ticket}}\n\n{{signature}}\n", NULL },

	{ TEMPLATE_QUESTION, "", NULL, NULL, NULL }
};
